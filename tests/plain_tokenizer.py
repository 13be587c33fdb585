"""llama.cpp's own tokenizer without chatapp: `python -m tests.plain_tokenizer MODEL` reads a JSON list of texts from
stdin and writes their ids, control tokens in them taken as plain text."""

from __future__ import annotations

import json
import os
import sys

import llama_cpp


def main() -> None:
    params = llama_cpp.llama_model_default_params()
    params.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(os.fsencode(sys.argv[1]), params)
    vocabulary = llama_cpp.llama_model_get_vocab(model)
    found = []
    for text in json.load(sys.stdin):
        data = text.encode()
        room = len(data) + 16
        ids = (llama_cpp.llama_token * room)()
        n = llama_cpp.llama_tokenize(vocabulary, data, len(data), ids, room, False, False)
        found.append(list(ids[:n]))
    bos, eos = llama_cpp.llama_vocab_bos(vocabulary), llama_cpp.llama_vocab_eos(vocabulary)
    adds_bos = llama_cpp.llama_vocab_get_add_bos(vocabulary)
    json.dump({"ids": found, "before": [bos] if adds_bos else [], "eos": eos}, sys.stdout)


if __name__ == "__main__":
    llama_cpp.llama_backend_init()
    main()
