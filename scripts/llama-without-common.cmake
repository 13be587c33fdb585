# Included by llama.cpp's own project() call (CMAKE_PROJECT_llama_cpp_INCLUDE): leaves out the example helpers
# and the multimodal part, which halves the build (83 instead of 193 compile steps) and changes no kernel.
set(LLAMA_BUILD_COMMON OFF)
