<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>AdapterBar</name>
    <message>
        <source>Add a LoRA adapter, a .gguf file, and use it</source>
        <translation>添加一个 LoRA 适配器（.gguf 文件）并使用它</translation>
    </message>
    <message>
        <source>Adapters</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>{count} more, {on} on</source>
        <translation>另有 {count} 个，{on} 个已开启</translation>
    </message>
    <message>
        <source>{count} more</source>
        <translation>另有 {count} 个</translation>
    </message>
    <message>
        <source>All adapters that fit the model</source>
        <translation>适合此模型的所有适配器</translation>
    </message>
    <message>
        <source>LoRA adapters (*.gguf);;All files (*)</source>
        <translation>LoRA 适配器 (*.gguf);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Add an adapter</source>
        <translation>添加适配器</translation>
    </message>
</context>
<context>
    <name>AdapterChip</name>
    <message>
        <source>{name}: on or off for the next reply</source>
        <translation>{name}：对下一条回复开启或关闭</translation>
    </message>
    <message>
        <source>Adapter {name}</source>
        <translation>适配器 {name}</translation>
    </message>
    <message>
        <source>Strength of {name}</source>
        <translation>{name} 的强度</translation>
    </message>
    <message>
        <source>How much of the adapter is added: 0 nothing, 1 as it was trained, 2 twice as much</source>
        <translation>适配器加入多少：0 为不加，1 与训练时相同，2 为两倍</translation>
    </message>
</context>
<context>
    <name>AdapterPart</name>
    <message>
        <source>The adapter is in the bin, where it stays for 30 days.</source>
        <translation>适配器已移到回收站，将保留 30 天。</translation>
    </message>
    <message>
        <source>Bring it back</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>Adapters</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>LoRA adapters change what a model does without changing its file. They are kept in the data folder; those that fit the model in use can be switched on here and at the top of the window.</source>
        <translation>LoRA 适配器改变模型的行为，而不改动模型文件。它们保存在数据文件夹中；适合当前模型的适配器可以在这里和窗口顶部开启。</translation>
    </message>
    <message>
        <source>Add an adapter…</source>
        <translation>添加适配器…</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Puts the file in the bin, from where it can be brought back</source>
        <translation>把文件移入回收站，之后可以恢复</translation>
    </message>
    <message>
        <source>Remove the adapter</source>
        <translation>移除适配器</translation>
    </message>
    <message>
        <source>Switch off</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Use this adapter</source>
        <translation>使用此适配器</translation>
    </message>
    <message>
        <source>LoRA adapters (*.gguf);;All files (*)</source>
        <translation>LoRA 适配器 (*.gguf);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Add an adapter</source>
        <translation>添加适配器</translation>
    </message>
</context>
<context>
    <name>AdapterTable</name>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Made for</source>
        <translation>适用模型</translation>
    </message>
    <message>
        <source>Rank</source>
        <translation>秩</translation>
    </message>
    <message>
        <source>Alpha</source>
        <translation>Alpha</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>In use, strength {scale:.2f}</source>
        <translation>使用中，强度 {scale:.2f}</translation>
    </message>
    <message>
        <source>Fits the model in use</source>
        <translation>适合当前模型</translation>
    </message>
    <message>
        <source>For another model</source>
        <translation>属于其他模型</translation>
    </message>
</context>
<context>
    <name>Candidates</name>
    <message>
        <source>Token</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>p %</source>
        <translation>p %</translation>
    </message>
    <message>
        <source>Sampled %</source>
        <translation>采样 %</translation>
    </message>
    <message>
        <source>Cut by</source>
        <translation>被谁剔除</translation>
    </message>
    <message>
        <source>log p</source>
        <translation>log p</translation>
    </message>
    <message>
        <source>Logit</source>
        <translation>logit</translation>
    </message>
    <message>
        <source>Id</source>
        <translation>编号</translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation>字节</translation>
    </message>
    <message>
        <source>What if %</source>
        <translation>假设 %</translation>
    </message>
    <message>
        <source>all others</source>
        <translation>其余全部</translation>
    </message>
    <message>
        <source>Alternatives at this token</source>
        <translation>此词元的备选</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Save picture…</source>
        <translation>保存图片…</translation>
    </message>
    <message>
        <source>Save picture</source>
        <translation>保存图片</translation>
    </message>
    <message>
        <source>alternatives</source>
        <translation>备选词元</translation>
    </message>
</context>
<context>
    <name>ChatPresenter</name>
    <message>
        <source>without adapters</source>
        <translation>不使用适配器</translation>
    </message>
    <message>
        <source>with adapters</source>
        <translation>使用适配器</translation>
    </message>
</context>
<context>
    <name>ChatView</name>
    <message>
        <source>The chat is in the bin, where it stays for 30 days.</source>
        <translation>对话已移到回收站，将保留 30 天。</translation>
    </message>
    <message>
        <source>Bring it back (Ctrl+Shift+T)</source>
        <translation>恢复该对话 (Ctrl+Shift+T)</translation>
    </message>
    <message>
        <source>This model brings no chat template, so a plain dialogue is used. It may not answer like an assistant.</source>
        <translation>此模型没有自带对话模板，因此使用简单的对话格式；它可能不会像助手那样回答。</translation>
    </message>
</context>
<context>
    <name>CodeView</name>
    <message>
        <source>Copy this code</source>
        <translation>复制这段代码</translation>
    </message>
    <message>
        <source>Code</source>
        <translation>代码</translation>
    </message>
</context>
<context>
    <name>ComparePresenter</name>
    <message>
        <source>Reading the prompt: {percent} %</source>
        <translation>正在读取提示词：{percent} %</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>正在写</translation>
    </message>
    <message>
        <source>{rate:.1f} tok/s together</source>
        <translation>合计 {rate:.1f} tok/s</translation>
    </message>
    <message>
        <source>Each lane goes on from the same prompt with settings of its own.</source>
        <translation>各路从同一提示词写下去，设置各不相同。</translation>
    </message>
    <message>
        <source>Waits for the model</source>
        <translation>等待模型</translation>
    </message>
    <message>
        <source>A reply is being written in a chat; the lanes go on after it.</source>
        <translation>对话中正在写回复；各路在其之后继续。</translation>
    </message>
    <message>
        <source>{count:,} tokens in all.</source>
        <translation>共 {count:,} 个词元。</translation>
    </message>
    <message>
        <source>The lanes were written one after another, since this model&apos;s cache can&apos;t be shared.</source>
        <translation>各路是依次写成的，因为此模型的缓存无法共享。</translation>
    </message>
</context>
<context>
    <name>CompareView</name>
    <message>
        <source>Lanes</source>
        <translation>多路</translation>
    </message>
    <message>
        <source>Sweep</source>
        <translation>扫描</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
</context>
<context>
    <name>ComparisonFoot</name>
    <message>
        <source>The lanes compared</source>
        <translation>各路的比较</translation>
    </message>
    <message>
        <source>Figures</source>
        <translation>指标</translation>
    </message>
    <message>
        <source>Where they part</source>
        <translation>分歧处</translation>
    </message>
    <message>
        <source>Word differences</source>
        <translation>逐词差异</translation>
    </message>
</context>
<context>
    <name>ComponentCard</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Update</source>
        <translation>更新</translation>
    </message>
    <message>
        <source>Install</source>
        <translation>安装</translation>
    </message>
    <message>
        <source>{packages}; {disk} on the disk</source>
        <translation>{packages}；占用磁盘 {disk}</translation>
    </message>
    <message>
        <source>{packages} and what they need; about {download} to download, {disk} on the disk</source>
        <translation>{packages} 及其依赖；约需下载 {download}，占用磁盘 {disk}</translation>
    </message>
    <message>
        <source>Removing …</source>
        <translation>正在移除…</translation>
    </message>
    <message>
        <source>Not installed</source>
        <translation>未安装</translation>
    </message>
    <message>
        <source>Installed, by an older version of chatapp</source>
        <translation>已安装，由较旧版本的 chatapp 安装</translation>
    </message>
    <message>
        <source>Installed</source>
        <translation>已安装</translation>
    </message>
    <message>
        <source>Preparing …</source>
        <translation>正在准备…</translation>
    </message>
    <message>
        <source>Downloading {package} … ({size})</source>
        <translation>正在下载 {package}…（{size}）</translation>
    </message>
    <message>
        <source>Unpacking …</source>
        <translation>正在解包…</translation>
    </message>
    <message>
        <source>Trying it out …</source>
        <translation>正在试运行…</translation>
    </message>
</context>
<context>
    <name>ContextPage</name>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>System prompt of this chat</source>
        <translation>此对话的系统提示词</translation>
    </message>
    <message>
        <source>How the model should answer, for example: Answer in one sentence.</source>
        <translation>模型应如何回答，例如：用一句话回答。</translation>
    </message>
    <message>
        <source>Exact prompt…</source>
        <translation>精确提示词…</translation>
    </message>
    <message>
        <source>The context is full: the oldest messages left out: {count}.</source>
        <translation>上下文已满：略去了最早的 {count} 条消息。</translation>
    </message>
    <message>
        <source>Nothing is in the context yet.</source>
        <translation>上下文中还没有内容。</translation>
    </message>
    <message>
        <source>{used:,} of {limit:,} tokens</source>
        <translation>{used:,} / {limit:,} 个词元</translation>
    </message>
    <message>
        <source>■ system prompt {count:,}</source>
        <translation>■ 系统提示词 {count:,}</translation>
    </message>
    <message>
        <source>▤ history {count:,}</source>
        <translation>▤ 历史消息 {count:,}</translation>
    </message>
    <message>
        <source>▨ last reply {count:,}</source>
        <translation>▨ 最后的回复 {count:,}</translation>
    </message>
    <message>
        <source>□ chat template {count:,}</source>
        <translation>□ 对话模板 {count:,}</translation>
    </message>
</context>
<context>
    <name>ConversationList</name>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Name of the conversation:</source>
        <translation>对话名称：</translation>
    </message>
    <message>
        <source>Everything, to import again</source>
        <translation>全部内容，可再导入</translation>
    </message>
    <message>
        <source>To read: Markdown</source>
        <translation>供阅读：Markdown</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Import a chat</source>
        <translation>导入对话</translation>
    </message>
    <message>
        <source>Exported chats (*.json)</source>
        <translation>导出的对话 (*.json)</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>Delete for good</source>
        <translation>永久删除</translation>
    </message>
    <message>
        <source>Rename…</source>
        <translation>重命名…</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>取消置顶</translation>
    </message>
    <message>
        <source>Pin</source>
        <translation>置顶</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>Start a new conversation (Ctrl+N)</source>
        <translation>开始新的对话（Ctrl+N）</translation>
    </message>
    <message>
        <source>Import a chat, or do something with the one on show</source>
        <translation>导入对话，或对当前对话进行操作</translation>
    </message>
    <message>
        <source>Search all chats</source>
        <translation>搜索所有对话</translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation>对话列表</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>New folder…</source>
        <translation>新建文件夹…</translation>
    </message>
    <message>
        <source>New folder</source>
        <translation>新建文件夹</translation>
    </message>
    <message>
        <source>Name of the folder:</source>
        <translation>文件夹名称：</translation>
    </message>
    <message>
        <source>Import a chat…</source>
        <translation>导入对话…</translation>
    </message>
    <message>
        <source>Bin ({count})</source>
        <translation>回收站（{count}）</translation>
    </message>
    <message>
        <source>Deleted chats; each is kept for 30 days</source>
        <translation>已删除的对话；每个保留 30 天</translation>
    </message>
    <message>
        <source>No chat has these words.</source>
        <translation>没有对话包含这些文字。</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>置顶</translation>
    </message>
    <message>
        <source>Others</source>
        <translation>其他</translation>
    </message>
    <message>
        <source>Your conversations will be listed here.</source>
        <translation>你的对话会列在这里。</translation>
    </message>
</context>
<context>
    <name>Curves</name>
    <message>
        <source>Probability by rank, at temperature 1 and at T</source>
        <translation>按名次排列的概率：温度为 1 时与温度为 T 时</translation>
    </message>
</context>
<context>
    <name>DataPart</name>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Sample prompts</source>
        <translation>示例提示词</translation>
    </message>
    <message>
        <source>Model to be trained</source>
        <translation>要训练的模型</translation>
    </message>
    <message>
        <source>Choose a file…</source>
        <translation>选择文件…</translation>
    </message>
    <message>
        <source>Chats or texts as .jsonl, .json, .csv or .txt; or drop a file here</source>
        <translation>.jsonl、.json、.csv 或 .txt 格式的对话或文本；也可以把文件拖到这里</translation>
    </message>
    <message>
        <source>Use my chats…</source>
        <translation>使用我的对话…</translation>
    </message>
    <message>
        <source>Sample data set</source>
        <translation>示例数据集</translation>
    </message>
    <message>
        <source>Second file…</source>
        <translation>第二个文件…</translation>
    </message>
    <message>
        <source>Data from elsewhere that is never trained on, measured before and after: what carries over?</source>
        <translation>来自别处、从不用于训练的数据，在训练前后各测量一次：学到的东西能推广多少？</translation>
    </message>
    <message>
        <source>Without a second file</source>
        <translation>不用第二个文件</translation>
    </message>
    <message>
        <source>Answered before training and at each evaluation, so you can see it learn.</source>
        <translation>在训练前和每次评估时都会回答，由此可以看到模型在学习。</translation>
    </message>
    <message>
        <source>Sample prompt {number}</source>
        <translation>示例提示词 {number}</translation>
    </message>
    <message>
        <source>A prompt (optional)</source>
        <translation>一条提示词（可不填）</translation>
    </message>
    <message>
        <source>No data is chosen yet.</source>
        <translation>还没有选择数据。</translation>
    </message>
    <message>
        <source>Second file: {name}</source>
        <translation>第二个文件：{name}</translation>
    </message>
    <message>
        <source>No second, held-out file.</source>
        <translation>没有第二个留出的文件。</translation>
    </message>
    <message>
        <source>Choose data</source>
        <translation>选择数据</translation>
    </message>
</context>
<context>
    <name>DetailsDialog</name>
    <message>
        <source>Details of the reply</source>
        <translation>回复的详细信息</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>Written</source>
        <translation>写于</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>yes: the same seed gives the same reply in a fresh process</source>
        <translation>是：相同的种子在新进程中会给出相同的回复</translation>
    </message>
    <message>
        <source>Reproducible</source>
        <translation>可重现</translation>
    </message>
    <message>
        <source>not for certain</source>
        <translation>不能确定</translation>
    </message>
    <message>
        <source>{count:,}, of which {kept:,} were still known</source>
        <translation>{count:,}，其中 {kept:,} 个仍在缓存中</translation>
    </message>
    <message>
        <source>Prompt tokens</source>
        <translation>提示词词元</translation>
    </message>
    <message>
        <source>Reply tokens</source>
        <translation>回复词元</translation>
    </message>
    <message>
        <source>Tokens per second</source>
        <translation>每秒词元数</translation>
    </message>
    <message>
        <source>Reading the prompt</source>
        <translation>读取提示词</translation>
    </message>
    <message>
        <source>Time to first token</source>
        <translation>首个词元时间</translation>
    </message>
    <message>
        <source>Stop texts</source>
        <translation>停止文本</translation>
    </message>
    <message>
        <source>Logit biases</source>
        <translation>logit 偏置</translation>
    </message>
    <message>
        <source>Grammar</source>
        <translation>语法</translation>
    </message>
    <message>
        <source>JSON schema</source>
        <translation>JSON Schema</translation>
    </message>
</context>
<context>
    <name>DiffDialog</name>
    <message>
        <source>Compare versions</source>
        <translation>比较版本</translation>
    </message>
    <message>
        <source>From version</source>
        <translation>从版本</translation>
    </message>
    <message>
        <source>to version</source>
        <translation>到版本</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>DiffPage</name>
    <message>
        <source>From lane</source>
        <translation>从路</translation>
    </message>
    <message>
        <source>to lane</source>
        <translation>到路</translation>
    </message>
</context>
<context>
    <name>DivergencePage</name>
    <message>
        <source>Where two lanes part; Enter shows the place, Ctrl+C copies the rows</source>
        <translation>两路的分歧处；回车键显示该处，Ctrl+C 复制各行</translation>
    </message>
    <message>
        <source>Click a row, or press Enter, to see the place in the lanes.</source>
        <translation>点击一行或按回车键，即可在各路中看到该处。</translation>
    </message>
    <message>
        <source>Two lanes are needed to see where they part.</source>
        <translation>至少需要两路才能看到分歧处。</translation>
    </message>
</context>
<context>
    <name>DivergenceTable</name>
    <message>
        <source>Lanes</source>
        <translation>路</translation>
    </message>
    <message>
        <source>Part at token</source>
        <translation>分歧词元</translation>
    </message>
    <message>
        <source>Token of the first</source>
        <translation>前者的词元</translation>
    </message>
    <message>
        <source>p</source>
        <translation>p</translation>
    </message>
    <message>
        <source>Sampled</source>
        <translation>采样</translation>
    </message>
    <message>
        <source>Token of the second</source>
        <translation>后者的词元</translation>
    </message>
    <message>
        <source>Mean KL (nat)</source>
        <translation>平均 KL (nat)</translation>
    </message>
    <message>
        <source>Two lanes, by their numbers.</source>
        <translation>两路的编号。</translation>
    </message>
    <message>
        <source>The first token in which they differ, counted from 1. Up to there both have the same text.</source>
        <translation>两者第一个不同的词元，从 1 数起。在此之前两者文本相同。</translation>
    </message>
    <message>
        <source>What the first of the two wrote there.</source>
        <translation>两者中的前者在此处写的词元。</translation>
    </message>
    <message>
        <source>The model&apos;s own probability of it, before any sampler.</source>
        <translation>模型自身给它的概率，未经任何采样器。</translation>
    </message>
    <message>
        <source>The probability with which this lane&apos;s settings could draw it, after all samplers.</source>
        <translation>经过所有采样器之后，按此路的设置抽到它的概率。</translation>
    </message>
    <message>
        <source>What the second of the two wrote there.</source>
        <translation>两者中的后者在此处写的词元。</translation>
    </message>
    <message>
        <source>How far apart the two draw: the mean of KL = Σ a ln(a / b) over the steps up to where they part, a and b being the probabilities after the samplers. ∞: the first could draw what the second had cut.</source>
        <translation>两者的抽取分布相差多远：直到分歧处各步 KL = Σ a ln(a / b) 的平均值，a 和 b 是经过采样器之后的概率。∞：前者可能抽到后者已截去的词元。</translation>
    </message>
    <message>
        <source>equal</source>
        <translation>相同</translation>
    </message>
    <message>
        <source>equal so far</source>
        <translation>至今相同</translation>
    </message>
    <message>
        <source>{place}: part at the end</source>
        <translation>{place}：在末尾分歧</translation>
    </message>
    <message>
        <source>ends the text</source>
        <translation>结束文本</translation>
    </message>
</context>
<context>
    <name>EarlierDialog</name>
    <message>
        <source>Earlier comparisons</source>
        <translation>以前的比较</translation>
    </message>
    <message>
        <source>Show those with these words: prompt, model, date</source>
        <translation>只显示含有这些词的：提示词、模型、日期</translation>
    </message>
    <message>
        <source>Earlier comparisons; Enter opens, Delete deletes</source>
        <translation>以前的比较；按 Enter 打开，按 Delete 删除</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Delete…</source>
        <translation>删除…</translation>
    </message>
    <message>
        <source>Deletes it for good, after a question (Del)</source>
        <translation>询问后永久删除（Del）</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>No comparison has these words.</source>
        <translation>没有含有这些词的比较。</translation>
    </message>
    <message>
        <source>What you run here is kept and will be listed.</source>
        <translation>在这里运行过的都会保存，并列在这里。</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Delete “{title}” and its lanes for good?</source>
        <translation>要永久删除“{title}”及其各路吗？</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>提示词</translation>
    </message>
    <message>
        <source>Run at</source>
        <translation>运行时间</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Lanes</source>
        <translation>路数</translation>
    </message>
    <message>
        <source>{count}, sweep</source>
        <translation>{count}，扫描</translation>
    </message>
</context>
<context>
    <name>EarlierPage</name>
    <message>
        <source>Training runs; Enter opens, Space compares, Delete deletes</source>
        <translation>训练记录；Enter 打开，空格键加入比较，Delete 删除</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Go on from its last checkpoint</source>
        <translation>从最后一个检查点继续</translation>
    </message>
    <message>
        <source>Delete…</source>
        <translation>删除…</translation>
    </message>
    <message>
        <source>Deletes its folder for good, after a question (Del)</source>
        <translation>确认后永久删除它的文件夹（Del）</translation>
    </message>
    <message>
        <source>Tick runs to compare them in one chart.</source>
        <translation>勾选几次训练，即可在同一张图中比较。</translation>
    </message>
    <message>
        <source>What you train is kept and will be listed here.</source>
        <translation>您的训练会保存下来，并列在这里。</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Delete the run “{title}” of {date} for good?</source>
        <translation>彻底删除 {date} 的训练“{title}”？</translation>
    </message>
    <message>
        <source>Its adapter, checkpoint and log go. Copies that were exported stay.</source>
        <translation>它的适配器、检查点和日志都会删除。已导出的副本会保留。</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
</context>
<context>
    <name>EarlierRuns</name>
    <message>
        <source>Started at</source>
        <translation>开始时间</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Held-out loss</source>
        <translation>留出数据的损失</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>in training</source>
        <translation>训练中</translation>
    </message>
</context>
<context>
    <name>ErrorCard</name>
    <message>
        <source>Retry</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Show details</source>
        <translation>显示详情</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>关闭提示</translation>
    </message>
    <message>
        <source>Details of the error</source>
        <translation>错误详情</translation>
    </message>
</context>
<context>
    <name>EstimateCard</name>
    <message>
        <source>Start training</source>
        <translation>开始训练</translation>
    </message>
    <message>
        <source>Ctrl+Enter</source>
        <translation>Ctrl+Enter</translation>
    </message>
    <message>
        <source>Memory is short: the run may be ended by the system. Choose a smaller batch, shorter examples or packed memory, or unload the chat&apos;s model at the top of the window.</source>
        <translation>内存不足：系统可能会中止训练。请选择更小的批量、更短的样本或压缩内存，或在窗口顶部卸载对话所用的模型。</translation>
    </message>
    <message>
        <source>Memory: about {needed} of {free} that are free ({mode}).</source>
        <translation>内存：约 {needed}，可用 {free}（{mode}）。</translation>
    </message>
    <message>
        <source>{steps:,} steps, about {time}.</source>
        <translation>{steps:,} 步，约 {time}。</translation>
    </message>
    <message>
        <source>{steps:,} steps.</source>
        <translation>{steps:,} 步。</translation>
    </message>
    <message>
        <source>weights packed</source>
        <translation>权重保持压缩</translation>
    </message>
    <message>
        <source>weights unpacked</source>
        <translation>权重已展开</translation>
    </message>
</context>
<context>
    <name>ExamplePreview</name>
    <message>
        <source>Example before</source>
        <translation>上一个样本</translation>
    </message>
    <message>
        <source>Next example</source>
        <translation>下一个样本</translation>
    </message>
    <message>
        <source>The example as the model gets it</source>
        <translation>模型实际看到的样本</translation>
    </message>
    <message>
        <source>Underlined on colour: the model learns to write it. Plain: it only reads it. Small: control tokens.</source>
        <translation>带底色和下划线：模型学习写出的内容。普通文字：模型只是阅读。小字：控制词元。</translation>
    </message>
    <message>
        <source>Example {place} of {count}: line {line:,}, {part}, {tokens:,} tokens</source>
        <translation>样本 {place}/{count}：第 {line:,} 行，{part}，{tokens:,} 个词元</translation>
    </message>
</context>
<context>
    <name>FiguresPage</name>
    <message>
        <source>Figures of the lanes; Ctrl+C copies them</source>
        <translation>各路的指标；Ctrl+C 复制</translation>
    </message>
    <message>
        <source>Self-BLEU is the mean over the lanes of BLEU-4 of each against all others, counted over tokens. 100 means that all are the same, 0 that they have no token in common.</source>
        <translation>Self-BLEU 是每一路相对于其他所有各路的 BLEU-4 的平均值，按词元计算。100 表示全部相同，0 表示没有共同的词元。</translation>
    </message>
    <message>
        <source>All lanes: self-BLEU {bleu} of 100, {speed} tokens per second in all</source>
        <translation>所有各路：Self-BLEU {bleu}（满分 100），合计每秒 {speed} 个词元</translation>
    </message>
</context>
<context>
    <name>FiguresTable</name>
    <message>
        <source>Lane</source>
        <translation>路</translation>
    </message>
    <message>
        <source>Temp.</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation>Min-p</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>Perplexity</source>
        <translation>困惑度</translation>
    </message>
    <message>
        <source>Entropy</source>
        <translation>熵</translation>
    </message>
    <message>
        <source>Distinct-1</source>
        <translation>Distinct-1</translation>
    </message>
    <message>
        <source>Distinct-2</source>
        <translation>Distinct-2</translation>
    </message>
    <message>
        <source>Repetition</source>
        <translation>重复</translation>
    </message>
    <message>
        <source>Tok/s</source>
        <translation>词元/秒</translation>
    </message>
    <message>
        <source>Ended</source>
        <translation>结束</translation>
    </message>
    <message>
        <source>The number of the lane. Where lanes differ in the seed only, a row below has their mean with its 95 % confidence interval, mean ± t · s / √n.</source>
        <translation>路的编号。若几路只有种子不同，下方有一行给出它们的平均值及其 95 % 置信区间：平均值 ± t · s / √n。</translation>
    </message>
    <message>
        <source>The temperature divides the logits before the softmax: p = softmax(logit / T). 0 takes the likeliest token.</source>
        <translation>温度在 softmax 之前除 logits：p = softmax(logit / T)。0 总是取最可能的词元。</translation>
    </message>
    <message>
        <source>Only the k most likely tokens may be drawn. 0 is off.</source>
        <translation>只能抽取最可能的 k 个词元。0 表示关闭。</translation>
    </message>
    <message>
        <source>Only the smallest set of tokens whose probabilities add up to p may be drawn. 1 is off.</source>
        <translation>只能抽取概率之和达到 p 的最小词元集合。1 表示关闭。</translation>
    </message>
    <message>
        <source>Tokens less likely than this share of the most likely one are cut. 0 is off.</source>
        <translation>概率低于最可能词元这一比例的词元会被截去。0 表示关闭。</translation>
    </message>
    <message>
        <source>Where the random numbers begin. The same seed and settings draw the same numbers again.</source>
        <translation>随机数的起点。相同的种子和设置会再次抽出相同的随机数。</translation>
    </message>
    <message>
        <source>How many tokens the text has. One that only ends the text is not counted.</source>
        <translation>文本有多少个词元。只表示文本结束的词元不计在内。</translation>
    </message>
    <message>
        <source>How surprised the model is by its own text: exp(−1/n · Σ ln p), p being its probability of each token before any sampler. 1 is no surprise, k is as if it had guessed among k tokens at each step.</source>
        <translation>模型对自己的文本有多意外：exp(−1/n · Σ ln p)，p 是未经任何采样器时模型给每个词元的概率。1 表示毫不意外，k 相当于每一步在 k 个词元中猜测。</translation>
    </message>
    <message>
        <source>How undecided the model was on average: the mean over the steps of H = −Σ p ln p, in nats. 0 is certain.</source>
        <translation>模型平均有多犹豫：各步 H = −Σ p ln p 的平均值，单位为 nat。0 表示完全确定。</translation>
    </message>
    <message>
        <source>How varied the words are: different tokens / tokens. 1 means that none occurs twice.</source>
        <translation>用词有多丰富：不同词元数 / 词元数。1 表示没有词元出现两次。</translation>
    </message>
    <message>
        <source>How varied the phrases are: different pairs of neighbouring tokens / pairs. 1 means that none occurs twice.</source>
        <translation>搭配有多丰富：不同的相邻词元对数 / 词元对数。1 表示没有词元对出现两次。</translation>
    </message>
    <message>
        <source>How much the text repeats itself: 1 − different runs of four tokens / runs of four (seq-rep-4). 0 means that none occurs twice.</source>
        <translation>文本重复了多少：1 − 不同的四词元串数 / 四词元串数 (seq-rep-4)。0 表示没有串出现两次。</translation>
    </message>
    <message>
        <source>Tokens of this lane per second: n / t. Lanes that are written together share that time, so all of them together are faster than each.</source>
        <translation>此路每秒的词元数：n / t。一起生成的路共用这段时间，因此合计比单个更快。</translation>
    </message>
    <message>
        <source>Whether the model ended the text, the length limit did, or a person. Lanes that did not come to their end are not part of a mean.</source>
        <translation>文本由模型、长度上限还是用户结束。没有写到末尾的路不计入平均值。</translation>
    </message>
    <message>
        <source>Mean {lanes}</source>
        <translation>平均 {lanes}</translation>
    </message>
    <message>
        <source>{count} seeds</source>
        <translation>{count} 个种子</translation>
    </message>
    <message>
        <source>{count} of {all}</source>
        <translation>{count} / {all}</translation>
    </message>
    <message>
        <source>waits</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>being written</source>
        <translation>生成中</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation>已中断</translation>
    </message>
    <message>
        <source>finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>length limit</source>
        <translation>长度上限</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>已停止</translation>
    </message>
</context>
<context>
    <name>FindBar</name>
    <message>
        <source>Find in this chat</source>
        <translation>在此对话中查找</translation>
    </message>
    <message>
        <source>Previous (Shift+F3)</source>
        <translation>上一个 (Shift+F3)</translation>
    </message>
    <message>
        <source>Next (F3)</source>
        <translation>下一个 (F3)</translation>
    </message>
    <message>
        <source>Close (Esc)</source>
        <translation>关闭 (Esc)</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>未找到</translation>
    </message>
    <message>
        <source>message {at} of {count}</source>
        <translation>第 {at} 条消息，共 {count} 条</translation>
    </message>
    <message>
        <source>, place {at} of {count}</source>
        <translation>，第 {at} 处，共 {count} 处</translation>
    </message>
</context>
<context>
    <name>FinetuneView</name>
    <message>
        <source>New run</source>
        <translation>新训练</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>训练过程</translation>
    </message>
    <message>
        <source>Earlier runs</source>
        <translation>以前的训练</translation>
    </message>
    <message>
        <source>Fine-tune</source>
        <translation>微调</translation>
    </message>
</context>
<context>
    <name>Inspector</name>
    <message>
        <source>Probabilities</source>
        <translation>概率</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>采样</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation>检查器</translation>
    </message>
</context>
<context>
    <name>KeepPresenter</name>
    <message>
        <source>To read: Markdown</source>
        <translation>供阅读：Markdown</translation>
    </message>
    <message>
        <source>A row for each lane: CSV</source>
        <translation>每路一行：CSV</translation>
    </message>
    <message>
        <source>Everything, each token: JSON</source>
        <translation>全部内容，含每个词元：JSON</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>It would take the place of lanes that are being written: stop them first.</source>
        <translation>它会取代正在写的各路：请先停止它们。</translation>
    </message>
    <message>
        <source>This one is being written: stop it first.</source>
        <translation>它正在写：请先停止。</translation>
    </message>
    <message>
        <source>Exported to {name}</source>
        <translation>已导出到 {name}</translation>
    </message>
</context>
<context>
    <name>LabView</name>
    <message>
        <source>Softmax</source>
        <translation>Softmax</translation>
    </message>
    <message>
        <source>Score a text</source>
        <translation>给文本打分</translation>
    </message>
    <message>
        <source>Lab</source>
        <translation>实验室</translation>
    </message>
</context>
<context>
    <name>LaneColumn</name>
    <message>
        <source>Lane {number}</source>
        <translation>第 {number} 路</translation>
    </message>
    <message>
        <source>Settings of lane {number}</source>
        <translation>第 {number} 路的设置</translation>
    </message>
    <message>
        <source>Stop lane {number}; the others go on</source>
        <translation>停止第 {number} 路；其余各路继续</translation>
    </message>
    <message>
        <source>Send lane {number} to a chat</source>
        <translation>把第 {number} 路发送到对话</translation>
    </message>
    <message>
        <source>Duplicate lane {number}</source>
        <translation>复制第 {number} 路</translation>
    </message>
    <message>
        <source>Remove lane {number}</source>
        <translation>移除第 {number} 路</translation>
    </message>
    <message>
        <source>Text of lane {number}; arrow keys walk its tokens</source>
        <translation>第 {number} 路的文本；用方向键逐个查看词元</translation>
    </message>
    <message>
        <source>random seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>seed {seed}</source>
        <translation>种子 {seed}</translation>
    </message>
    <message>
        <source>Nothing written yet.</source>
        <translation>尚未写任何内容。</translation>
    </message>
    <message>
        <source>Changed, not run yet</source>
        <translation>已更改，尚未运行</translation>
    </message>
    <message>
        <source>A lane that failed can&apos;t be sent to a chat</source>
        <translation>失败的路不能发送到对话</translation>
    </message>
    <message>
        <source>There is no text to send</source>
        <translation>没有可发送的文本</translation>
    </message>
    <message>
        <source>Waits for its turn</source>
        <translation>等待轮到它</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>正在写</translation>
    </message>
    <message>
        <source>Ended</source>
        <translation>已结束</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>Interrupted</source>
        <translation>已中断</translation>
    </message>
    <message>
        <source>Ended by the model</source>
        <translation>模型自行结束</translation>
    </message>
    <message>
        <source>Length limit reached</source>
        <translation>达到长度上限</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>{count:,} tokens</source>
        <translation>{count:,} 个词元</translation>
    </message>
    <message>
        <source>perplexity {value:.2f}</source>
        <translation>困惑度 {value:.2f}</translation>
    </message>
    <message>
        <source>entropy {value:.2f} nat</source>
        <translation>熵 {value:.2f} nat</translation>
    </message>
</context>
<context>
    <name>LaneRow</name>
    <message>
        <source>Lanes</source>
        <translation>各路</translation>
    </message>
</context>
<context>
    <name>LaneSettings</name>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>The same seed draws the same tokens again; empty: another one for each run</source>
        <translation>相同的种子会再次抽出相同的词元；留空则每次运行换一个</translation>
    </message>
    <message>
        <source>Random</source>
        <translation>随机</translation>
    </message>
    <message>
        <source>Random, now {seed}</source>
        <translation>随机，当前为 {seed}</translation>
    </message>
    <message>
        <source>A seed is a whole number, or nothing for another one each time.</source>
        <translation>种子是一个整数；留空则每次不同。</translation>
    </message>
</context>
<context>
    <name>LanesPage</name>
    <message>
        <source>Figures</source>
        <translation>指标</translation>
    </message>
    <message>
        <source>Shows or hides what is counted of the lanes, below them</source>
        <translation>显示或隐藏下方各路的指标</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>Lanes that show something together, in place of these</source>
        <translation>用一组对照鲜明的路替换现有各路</translation>
    </message>
    <message>
        <source>Temperatures from 0 to 1.5</source>
        <translation>温度从 0 到 1.5</translation>
    </message>
    <message>
        <source>The same settings with {count} seeds</source>
        <translation>相同设置，{count} 个种子</translation>
    </message>
    <message>
        <source>Top-k, top-p, min-p and the model&apos;s own distribution</source>
        <translation>Top-k、top-p、min-p 与模型自身的分布</translation>
    </message>
    <message>
        <source>Add a lane</source>
        <translation>添加一路</translation>
    </message>
    <message>
        <source>Scroll together</source>
        <translation>同步滚动</translation>
    </message>
    <message>
        <source>All lanes show the same place of their texts</source>
        <translation>各路显示文本的同一位置</translation>
    </message>
    <message>
        <source>Lines instead of colours</source>
        <translation>用线代替颜色</translation>
    </message>
    <message>
        <source>Underlines the less likely tokens</source>
        <translation>为不太可能的词元加下划线</translation>
    </message>
    <message>
        <source>What the colours show</source>
        <translation>颜色表示什么</translation>
    </message>
    <message>
        <source>From what was expected to what was not</source>
        <translation>从意料之中到意料之外</translation>
    </message>
    <message>
        <source>Earlier…</source>
        <translation>以前的…</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>There are {count} lanes, more do not fit</source>
        <translation>已有 {count} 路，不能再多</translation>
    </message>
    <message>
        <source>Another lane (Ctrl+L); after a run only it is written</source>
        <translation>再加一路（Ctrl+L）；运行之后只写这一路</translation>
    </message>
    <message>
        <source>Lanes are being written: stop them first</source>
        <translation>各路正在写：请先停止它们</translation>
    </message>
    <message>
        <source>Comparisons and sweeps that were run before, to be opened or deleted (Ctrl+O)</source>
        <translation>以前运行过的比较和扫描，可打开或删除（Ctrl+O）</translation>
    </message>
    <message>
        <source>The lanes and their figures as Markdown, CSV or JSON (Ctrl+S)</source>
        <translation>各路及其指标，存为 Markdown、CSV 或 JSON（Ctrl+S）</translation>
    </message>
    <message>
        <source>Nothing has been run yet</source>
        <translation>还没有运行过</translation>
    </message>
</context>
<context>
    <name>LengthHistogram</name>
    <message>
        <source>Lengths of the examples in tokens</source>
        <translation>样本长度（词元）</translation>
    </message>
    <message>
        <source>{shortest:,} to {longest:,} tokens: {count:,} examples</source>
        <translation>{shortest:,} 到 {longest:,} 个词元：{count:,} 个样本</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>cut at {count:,}</source>
        <translation>在 {count:,} 处截断</translation>
    </message>
</context>
<context>
    <name>LineChart</name>
    <message>
        <source>step {step:,}</source>
        <translation>第 {step:,} 步</translation>
    </message>
    <message>
        <source>{what} over the steps; arrow keys walk them</source>
        <translation>{what}随步数的变化；用方向键逐步查看</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>步数</translation>
    </message>
</context>
<context>
    <name>LinkDialog</name>
    <message>
        <source>Open a link</source>
        <translation>打开链接</translation>
    </message>
    <message>
        <source>Write a mail to {who}?</source>
        <translation>给 {who} 写邮件？</translation>
    </message>
    <message>
        <source>Open a page of {host} in the browser?</source>
        <translation>在浏览器中打开 {host} 的网页？</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Copy address</source>
        <translation>复制地址</translation>
    </message>
</context>
<context>
    <name>LogitTable</name>
    <message>
        <source>Token</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>logit z</source>
        <translation>logit z</translation>
    </message>
    <message>
        <source>The most likely tokens; Enter appends one to the text</source>
        <translation>最可能的词元；按 Enter 把它接到文本后面</translation>
    </message>
    <message>
        <source>all others</source>
        <translation>其余全部</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>chat</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>command</source>
        <translation>命令</translation>
    </message>
</context>
<context>
    <name>MessageEditor</name>
    <message>
        <source>Edit the message</source>
        <translation>编辑消息</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>发送</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>The message as it was is kept as another version.</source>
        <translation>原来的消息会作为另一个版本保留。</translation>
    </message>
</context>
<context>
    <name>MessageView</name>
    <message>
        <source>finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>length limit reached</source>
        <translation>达到长度上限</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>You</source>
        <translation>你</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Copy this message</source>
        <translation>复制这条消息</translation>
    </message>
    <message>
        <source>Edit; the message as it was is kept as a version</source>
        <translation>编辑；原来的消息会作为一个版本保留</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>Ask again for another reply (Ctrl+R for the last)</source>
        <translation>重新提问以得到另一个回复（最后一条：Ctrl+R）</translation>
    </message>
    <message>
        <source>Let the model write this reply on</source>
        <translation>让模型继续写这条回复</translation>
    </message>
    <message>
        <source>Take this reply out of the line</source>
        <translation>把这条回复移出队列</translation>
    </message>
    <message>
        <source>Earlier version</source>
        <translation>较早的版本</translation>
    </message>
    <message>
        <source>Later version</source>
        <translation>较晚的版本</translation>
    </message>
    <message>
        <source>Show the details of this reply</source>
        <translation>显示此回复的详细信息</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>{count} tokens</source>
        <translation>{count} 个词元</translation>
    </message>
    <message>
        <source>{speed:.1f} tokens/s</source>
        <translation>{speed:.1f} 词元/秒</translation>
    </message>
    <message>
        <source>first after {seconds:.2f} s</source>
        <translation>首个词元 {seconds:.2f} 秒</translation>
    </message>
    <message>
        <source>Branch off into a new chat</source>
        <translation>从此处分支为新对话</translation>
    </message>
    <message>
        <source>Compare versions…</source>
        <translation>比较版本…</translation>
    </message>
    <message>
        <source>Compare with and without adapters</source>
        <translation>比较使用与不使用适配器的回复</translation>
    </message>
    <message>
        <source>Exact prompt…</source>
        <translation>精确提示词…</translation>
    </message>
    <message>
        <source>Details…</source>
        <translation>详细信息…</translation>
    </message>
    <message>
        <source>Message of {author}</source>
        <translation>{author}的消息</translation>
    </message>
    <message>
        <source>{message}, no longer in the context</source>
        <translation>{message}，已不在上下文中</translation>
    </message>
    <message>
        <source>Version {place} of {count}</source>
        <translation>第 {place} 个版本，共 {count} 个</translation>
    </message>
    <message>
        <source>no longer in the context</source>
        <translation>已不在上下文中</translation>
    </message>
    <message>
        <source>Waiting; replies before this one: {count}</source>
        <translation>等待中；前面还有 {count} 条回复</translation>
    </message>
    <message>
        <source>Reading the prompt…</source>
        <translation>正在读取提示词…</translation>
    </message>
    <message>
        <source>Writing…</source>
        <translation>正在生成…</translation>
    </message>
    <message>
        <source>A good reply</source>
        <translation>回答得好</translation>
    </message>
    <message>
        <source>A bad reply</source>
        <translation>回答得不好</translation>
    </message>
</context>
<context>
    <name>ModelPicker</name>
    <message>
        <source>Choose the model to talk with</source>
        <translation>选择要对话的模型</translation>
    </message>
    <message>
        <source>Model: {name}</source>
        <translation>模型：{name}</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Unload</source>
        <translation>卸载</translation>
    </message>
    <message>
        <source>Unload the model and give its memory back</source>
        <translation>卸载模型并释放内存</translation>
    </message>
    <message>
        <source>How much of the model is loaded</source>
        <translation>模型加载进度</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>选择模型</translation>
    </message>
    <message>
        <source>No model is in the library; add one on the Models page</source>
        <translation>模型库是空的；请在“模型”页添加</translation>
    </message>
</context>
<context>
    <name>ModelTable</name>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>架构</translation>
    </message>
    <message>
        <source>Quantization</source>
        <translation>量化</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>In use</source>
        <translation>使用中</translation>
    </message>
    <message>
        <source>File is gone</source>
        <translation>文件不存在</translation>
    </message>
    <message>
        <source>Unchanged</source>
        <translation>未改变</translation>
    </message>
    <message>
        <source>Not as added</source>
        <translation>与添加时不同</translation>
    </message>
</context>
<context>
    <name>ModelsView</name>
    <message>
        <source>Reading {name}</source>
        <translation>正在读取 {name}</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>No model is here yet. Add a GGUF file to begin.</source>
        <translation>这里还没有模型。请添加一个 GGUF 文件。</translation>
    </message>
    <message>
        <source>GGUF files on this computer. Add one with the button or drop it here; the file stays where it is.</source>
        <translation>这台电脑上的 GGUF 文件。点击按钮添加，或将文件拖到此处；文件会保留在原位置。</translation>
    </message>
    <message>
        <source>Add a model…</source>
        <translation>添加模型…</translation>
    </message>
    <message>
        <source>Use this model</source>
        <translation>使用此模型</translation>
    </message>
    <message>
        <source>Verify</source>
        <translation>校验</translation>
    </message>
    <message>
        <source>Compares the file with the size and the SHA-256 it had when it was added</source>
        <translation>将文件与添加时的大小和 SHA-256 进行比较</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>从列表移除</translation>
    </message>
    <message>
        <source>The file itself stays where it is</source>
        <translation>文件本身不会被删除</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>How much of the file has been read</source>
        <translation>文件读取进度</translation>
    </message>
    <message>
        <source>GGUF models (*.gguf);;All files (*)</source>
        <translation>GGUF 模型 (*.gguf);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Add a model</source>
        <translation>添加模型</translation>
    </message>
</context>
<context>
    <name>MoreSamplers</name>
    <message>
        <source>Show or hide the samplers that few people need</source>
        <translation>显示或隐藏少数人才需要的采样器</translation>
    </message>
    <message>
        <source>Logit biases: ids of tokens and what is added to their logits</source>
        <translation>logit 偏置：词元编号，以及加到其 logit 上的值</translation>
    </message>
    <message>
        <source>Grammar (GBNF) that the reply keeps to</source>
        <translation>回复须遵守的语法（GBNF）</translation>
    </message>
    <message>
        <source>JSON schema that the reply conforms to</source>
        <translation>回复须符合的 JSON Schema</translation>
    </message>
    <message>
        <source>More samplers</source>
        <translation>更多采样器</translation>
    </message>
    <message>
        <source>More samplers ({count} in use)</source>
        <translation>更多采样器（已启用 {count} 项）</translation>
    </message>
</context>
<context>
    <name>Notifications</name>
    <message>
        <source>The reply is finished.</source>
        <translation>回复已完成。</translation>
    </message>
    <message>
        <source>The reply has failed.</source>
        <translation>回复失败。</translation>
    </message>
</context>
<context>
    <name>OwnChatsDialog</name>
    <message>
        <source>{chats:,} chats, {examples:,} examples, {replies:,} replies to learn from.</source>
        <translation>{chats:,} 个对话，{examples:,} 个样本，{replies:,} 条可学习的回复。</translation>
    </message>
    <message>
        <source>No chat fits.</source>
        <translation>没有符合条件的对话。</translation>
    </message>
    <message>
        <source>Train on my chats</source>
        <translation>用我的对话训练</translation>
    </message>
    <message>
        <source>The branch on show of each chat is used, with its system prompt. Replies that were interrupted or rated bad are left out, with their questions. The chats stay on this computer.</source>
        <translation>使用每个对话当前显示的分支及其系统提示词。被中断或评为不好的回复连同其问题都会略去。对话不会离开这台电脑。</translation>
    </message>
    <message>
        <source>Chats of all folders</source>
        <translation>所有文件夹的对话</translation>
    </message>
    <message>
        <source>Folders</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>(in no folder)</source>
        <translation>（不在文件夹中）</translation>
    </message>
    <message>
        <source>Only those changed since</source>
        <translation>只用此日期之后更改过的</translation>
    </message>
    <message>
        <source>At least this many messages</source>
        <translation>至少有这么多条消息</translation>
    </message>
    <message>
        <source>Ratings</source>
        <translation>评价</translation>
    </message>
    <message>
        <source>Rated or not</source>
        <translation>不论是否评价</translation>
    </message>
    <message>
        <source>Only chats with a reply rated good</source>
        <translation>只用含有好评回复的对话</translation>
    </message>
    <message>
        <source>Only replies rated good, each with its question</source>
        <translation>只用好评的回复，各带其问题</translation>
    </message>
    <message>
        <source>Use these</source>
        <translation>使用这些</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>Palette</name>
    <message>
        <source>Palette</source>
        <translation>命令面板</translation>
    </message>
    <message>
        <source>Go to a chat, a model or a command</source>
        <translation>转到对话、模型或命令</translation>
    </message>
    <message>
        <source>What can be reached</source>
        <translation>可选项</translation>
    </message>
    <message>
        <source>Nothing has these words.</source>
        <translation>没有匹配的内容。</translation>
    </message>
</context>
<context>
    <name>PlaceStrip</name>
    <message>
        <source>Token {place}</source>
        <translation>词元 {place}</translation>
    </message>
    <message>
        <source>The token of each lane at the same place</source>
        <translation>各路在同一位置的词元</translation>
    </message>
    <message>
        <source>Point at a token, or walk the tokens with the arrow keys</source>
        <translation>指向一个词元，或用方向键逐个查看</translation>
    </message>
</context>
<context>
    <name>ProbabilityPanel</name>
    <message>
        <source>Colour the replies</source>
        <translation>为回复着色</translation>
    </message>
    <message>
        <source>Lines instead of colours</source>
        <translation>用线代替颜色</translation>
    </message>
    <message>
        <source>What the colours show</source>
        <translation>颜色表示什么</translation>
    </message>
    <message>
        <source>Logarithmic</source>
        <translation>对数刻度</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详细</translation>
    </message>
    <message>
        <source>Nothing is recorded for this reply. Replies written from now on show how likely each word was.</source>
        <translation>这条回复没有记录。从现在起写出的回复会显示每个词的可能性。</translation>
    </message>
    <message>
        <source>What is scored shows its perplexity, its most surprising tokens and their alternatives here.</source>
        <translation>打分之后，这里会显示文本的困惑度、最出人意料的词元以及它们的备选词元。</translation>
    </message>
    <message>
        <source>Choose a token in the text.</source>
        <translation>请在文中选择一个词元。</translation>
    </message>
    <message>
        <source>{token}  p {p} · sampled {sampled} · {bits:.2f} bit · rank {rank:,} · entropy {entropy:.2f} nat</source>
        <translation>{token}  p {p} · 采样 {sampled} · {bits:.2f} bit · 第 {rank:,} 位 · 熵 {entropy:.2f} nat</translation>
    </message>
    <message>
        <source>{token}  p {p} · {bits:.2f} bit · rank {rank:,} · entropy {entropy:.2f} nat</source>
        <translation>{token}  p {p} · {bits:.2f} bit · 名次 {rank:,} · 熵 {entropy:.2f} nat</translation>
    </message>
</context>
<context>
    <name>ProbabilityPresenter</name>
    <message>
        <source>For programs: JSON</source>
        <translation>供程序使用：JSON</translation>
    </message>
    <message>
        <source>For spreadsheets: CSV</source>
        <translation>供电子表格使用：CSV</translation>
    </message>
    <message>
        <source>{title} - tokens</source>
        <translation>{title} - 词元</translation>
    </message>
    <message>
        <source>Export the token records</source>
        <translation>导出词元记录</translation>
    </message>
</context>
<context>
    <name>PromptBox</name>
    <message>
        <source>Message: Ctrl+Enter sends, Enter starts a line</source>
        <translation>输入消息：Ctrl+Enter 发送，Enter 换行</translation>
    </message>
    <message>
        <source>Message: Enter sends, Shift+Enter starts a line</source>
        <translation>输入消息：Enter 发送，Shift+Enter 换行</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>End the reply (Esc); what is written stays</source>
        <translation>结束回复（Esc）；已写的内容会保留</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>发送</translation>
    </message>
    <message>
        <source>Send the message ({keys})</source>
        <translation>发送消息 ({keys})</translation>
    </message>
</context>
<context>
    <name>PromptDialog</name>
    <message>
        <source>The tokens are scored after the reply being written.</source>
        <translation>正在写回复，写完之后再给这些词元打分。</translation>
    </message>
    <message>
        <source>Another model is in use now, with other tokens: open the exact prompt again.</source>
        <translation>现在用的是另一个模型，词元也不同了：请重新打开确切的提示。</translation>
    </message>
    <message>
        <source>Perplexity {value:.2f}.</source>
        <translation>困惑度 {value:.2f}。</translation>
    </message>
    <message>
        <source>Exact prompt</source>
        <translation>完整提示词</translation>
    </message>
    <message>
        <source>Each token has its own shade. The template&apos;s words are coloured; ↵ is a line break, ␣ a space.</source>
        <translation>相邻词元底色不同；模板自身的文字以彩色显示；↵ 表示换行，␣ 表示空格。</translation>
    </message>
    <message>
        <source>Each token has the colour of its surprisal; point at one for the number.</source>
        <translation>每个词元按其惊异度着色；把鼠标指向它可看到数值。</translation>
    </message>
    <message>
        <source>Score these tokens</source>
        <translation>给这些词元打分</translation>
    </message>
    <message>
        <source>Colours each by its surprisal: how many bits it told the model</source>
        <translation>按惊异度给每个词元着色：它给模型带来了多少比特的信息</translation>
    </message>
    <message>
        <source>How many tokens have been scored</source>
        <translation>已打分的词元有多少</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Asking the model process… while a reply is written, this waits for its end.</source>
        <translation>正在询问模型进程…若正在生成回复，会等它结束。</translation>
    </message>
    <message>
        <source>{count:,} tokens of {limit:,}, exactly as the model is given them.</source>
        <translation>共 {count:,} 个词元（上限 {limit:,}），与模型收到的完全一致。</translation>
    </message>
    <message>
        <source>The context is full: the oldest messages left out: {count}.</source>
        <translation>上下文已满：已略去最早的 {count} 条消息。</translation>
    </message>
</context>
<context>
    <name>PromptPart</name>
    <message>
        <source>Prompt: Ctrl+Enter runs all lanes, Enter starts a line</source>
        <translation>提示词：Ctrl+Enter 运行所有路，Enter 换行</translation>
    </message>
    <message>
        <source>Prompt: Enter runs all lanes, Shift+Enter starts a line</source>
        <translation>提示词：Enter 运行所有路，Shift+Enter 换行</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>提示词</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Plain text</source>
        <translation>纯文本</translation>
    </message>
    <message>
        <source>What the prompt is</source>
        <translation>提示词的类型</translation>
    </message>
    <message>
        <source>Chat: a message to be answered. Plain text: the beginning of a text to go on with.</source>
        <translation>对话：等待回答的消息。纯文本：要接着写下去的开头。</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>系统提示词</translation>
    </message>
    <message>
        <source>Shows or hides what the model is told before the prompt</source>
        <translation>显示或隐藏在提示词之前告诉模型的内容</translation>
    </message>
    <message>
        <source>What the model is told before the prompt</source>
        <translation>在提示词之前告诉模型的内容</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>Stop all</source>
        <translation>全部停止</translation>
    </message>
    <message>
        <source>End all lanes (Esc); what is written stays</source>
        <translation>结束所有路（Esc）；已写的内容保留</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Go on with the lanes that were stopped, interrupted or failed (Ctrl+R)</source>
        <translation>接着写被停止、中断或失败的路（Ctrl+R）</translation>
    </message>
    <message>
        <source>Write a prompt first</source>
        <translation>请先写提示词</translation>
    </message>
    <message>
        <source>Write all lanes anew (Ctrl+Enter)</source>
        <translation>重新写所有路（Ctrl+Enter）</translation>
    </message>
</context>
<context>
    <name>RecordsGroup</name>
    <message>
        <source>How likely the model found the words of each reply, and what else it had in mind. Earlier replies are coloured by it.</source>
        <translation>模型认为每条回复中的词有多可能，以及它还想到了什么。较早的回复据此着色。</translation>
    </message>
    <message>
        <source>Delete all records…</source>
        <translation>删除全部记录…</translation>
    </message>
    <message>
        <source>Delete all records</source>
        <translation>删除全部记录</translation>
    </message>
    <message>
        <source>Delete the token records of all replies?</source>
        <translation>要删除所有回复的词元记录吗？</translation>
    </message>
    <message>
        <source>The texts stay. The colours and the alternatives of earlier replies go, and this can&apos;t be undone. Backups made before keep theirs. The file of the chats gets smaller; where the disk has no room to write it anew, the room that became free in it is used for what comes next.</source>
        <translation>文字会保留。较早回复的颜色和备选词元会消失，且无法撤销。此前的备份仍保留各自的记录。对话文件会变小；如果磁盘没有空间重写该文件，其中腾出的空间会用于之后的内容。</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>On the disk: none</source>
        <translation>磁盘占用：无</translation>
    </message>
    <message>
        <source>On the disk: {size} in 1 reply</source>
        <translation>磁盘占用：{size}，来自 1 条回复</translation>
    </message>
    <message>
        <source>On the disk: {size} in {count:,} replies</source>
        <translation>磁盘占用：{size}，来自 {count:,} 条回复</translation>
    </message>
</context>
<context>
    <name>ReplyView</name>
    <message>
        <source>Most surprising</source>
        <translation>最出人意料</translation>
    </message>
    <message>
        <source>The figures of the whole reply again (Esc in the chart)</source>
        <translation>恢复显示整条回复的数值（图表中按 Esc）</translation>
    </message>
    <message>
        <source>Whole reply</source>
        <translation>整条回复</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>Save the records of this reply as a file (JSON, CSV)</source>
        <translation>将这条回复的记录保存为文件（JSON、CSV）</translation>
    </message>
    <message>
        <source>{count:,} tokens</source>
        <translation>{count:,} 个词元</translation>
    </message>
    <message>
        <source>Tokens {first:,} to {last:,}</source>
        <translation>第 {first:,} 至 {last:,} 个词元</translation>
    </message>
    <message>
        <source>perplexity {perplexity:.2f} · mean entropy {entropy:.2f} nat</source>
        <translation>困惑度 {perplexity:.2f} · 平均熵 {entropy:.2f} nat</translation>
    </message>
</context>
<context>
    <name>ReportDialog</name>
    <message>
        <source>Crash report</source>
        <translation>崩溃报告</translation>
    </message>
    <message>
        <source>It has versions, settings, the places in the program and the last lines of the log, and none of your texts. It stays on this computer unless you pass it on.</source>
        <translation>其中有版本、设置、程序中的位置和日志的最后几行，没有您的任何文字。除非您自己转交，它只留在这台电脑上。</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>ReportView</name>
    <message>
        <source>Lengths</source>
        <translation>长度</translation>
    </message>
    <message>
        <source>What the model gets to see</source>
        <translation>模型会看到什么</translation>
    </message>
    <message>
        <source>{examples:,} examples ({format}) of {tokens:,} tokens; {counted:,} of them are learnt.</source>
        <translation>{examples:,} 个样本（{format}），共 {tokens:,} 个词元，其中 {counted:,} 个用于学习。</translation>
    </message>
    <message>
        <source>{part}: {count:,} (locked until the end)</source>
        <translation>{part}：{count:,}（锁定到训练结束）</translation>
    </message>
    <message>
        <source>{part}: {count:,}</source>
        <translation>{part}：{count:,}</translation>
    </message>
    <message>
        <source>Nothing is decided by the test part; it is measured once, when the run ends.</source>
        <translation>测试部分不影响任何决定，只在训练结束时测量一次。</translation>
    </message>
    <message>
        <source>Examples that occur again: {count:,}; all of a kind are in the same part.</source>
        <translation>重复出现的样本：{count:,}；相同的样本都在同一部分。</translation>
    </message>
    <message>
        <source>Longer than {limit:,} tokens and cut off: {count:,}; the longest has {most:,}.</source>
        <translation>超过 {limit:,} 个词元而被截断：{count:,}；最长的有 {most:,} 个。</translation>
    </message>
    <message>
        <source>Left out, since nothing of them would be learnt: {count:,}.</source>
        <translation>因没有可学习的内容而略去：{count:,}。</translation>
    </message>
    <message>
        <source>Lines that are left out: {count:,}</source>
        <translation>略去的行：{count:,}</translation>
    </message>
    <message>
        <source>Line {line:,}: {problem}</source>
        <translation>第 {line:,} 行：{problem}</translation>
    </message>
    <message>
        <source>… and {count:,} more</source>
        <translation>……还有 {count:,} 行</translation>
    </message>
</context>
<context>
    <name>ResultView</name>
    <message>
        <source>Use in chat</source>
        <translation>在对话中使用</translation>
    </message>
    <message>
        <source>Show folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Written to {path}</source>
        <translation>已写入 {path}</translation>
    </message>
    <message>
        <source>The engine does not give what was trained.</source>
        <translation>引擎的结果与训练结果不一致。</translation>
    </message>
    <message>
        <source>With this adapter llama.cpp and the trainer differ by more than rounding explains. Do not rely on it: report it with the run&apos;s folder, and use another model meanwhile.</source>
        <translation>使用这个适配器时，llama.cpp 与训练程序的差异超出了舍入误差。请不要依赖它：附上训练文件夹报告此问题，暂时改用其他模型。</translation>
    </message>
    <message>
        <source>Files: {names}</source>
        <translation>文件：{names}</translation>
    </message>
    <message>
        <source>Finished after {steps:,} steps in {time}: {why}. The adapter is that of step {best:,}. {speed:,.0f} tokens/s, at most {memory} of memory.</source>
        <translation>共 {steps:,} 步，用时 {time}，结束原因：{why}。适配器取自第 {best:,} 步。{speed:,.0f} 词元/秒，内存最多 {memory}。</translation>
    </message>
    <message>
        <source>Trainer beside the engine, over {count:,} tokens: loss {trainer:.4f} and {engine:.4f} ({apart:.2%} apart), KL {mean:.1e} nats on average, {most:.1e} at most.</source>
        <translation>训练程序与引擎对照（{count:,} 个词元）：损失 {trainer:.4f} 和 {engine:.4f}（相差 {apart:.2%}），KL 平均 {mean:.1e} 奈特，最大 {most:.1e}。</translation>
    </message>
    <message>
        <source>Held out</source>
        <translation>留出数据</translation>
    </message>
    <message>
        <source>Loss before</source>
        <translation>训练前损失</translation>
    </message>
    <message>
        <source>Loss after</source>
        <translation>训练后损失</translation>
    </message>
    <message>
        <source>Perplexity before</source>
        <translation>训练前困惑度</translation>
    </message>
    <message>
        <source>Perplexity after</source>
        <translation>训练后困惑度</translation>
    </message>
    <message>
        <source>Engine before</source>
        <translation>训练前引擎</translation>
    </message>
    <message>
        <source>Engine after</source>
        <translation>训练后引擎</translation>
    </message>
    <message>
        <source>Adapter for PEFT…</source>
        <translation>PEFT 格式的适配器…</translation>
    </message>
    <message>
        <source>Card of the adapter (Markdown)…</source>
        <translation>适配器说明卡（Markdown）…</translation>
    </message>
    <message>
        <source>Chart as PNG or SVG…</source>
        <translation>图表（PNG 或 SVG）…</translation>
    </message>
    <message>
        <source>Log as CSV…</source>
        <translation>日志（CSV）…</translation>
    </message>
    <message>
        <source>Events for TensorBoard…</source>
        <translation>TensorBoard 事件…</translation>
    </message>
</context>
<context>
    <name>RichText</name>
    <message>
        <source>This message is very long. Show more of it</source>
        <translation>这条消息很长，显示更多</translation>
    </message>
</context>
<context>
    <name>RunCharts</name>
    <message>
        <source>Loss (nats per token)</source>
        <translation>损失（奈特/词元）</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>Gradient norm</source>
        <translation>梯度范数</translation>
    </message>
    <message>
        <source>Tokens per second</source>
        <translation>每秒词元数</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>What the chart shows</source>
        <translation>图表显示的内容</translation>
    </message>
    <message>
        <source>each step</source>
        <translation>每一步</translation>
    </message>
    <message>
        <source>smoothed</source>
        <translation>平滑后</translation>
    </message>
    <message>
        <source>validation</source>
        <translation>验证</translation>
    </message>
    <message>
        <source>{run}, validation</source>
        <translation>{run}，验证</translation>
    </message>
    <message>
        <source>over-fitting from here (step {step:,})</source>
        <translation>从这里开始过拟合（第 {step:,} 步）</translation>
    </message>
    <message>
        <source>best (step {step:,})</source>
        <translation>最佳（第 {step:,} 步）</translation>
    </message>
    <message>
        <source>Point at the chart, or walk it with ← →, to read values.</source>
        <translation>把鼠标移到图上，或用 ← → 逐步查看数值。</translation>
    </message>
</context>
<context>
    <name>RunPage</name>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>After this step; what is trained so far is written to the disk (Ctrl+P)</source>
        <translation>在这一步之后暂停；到目前为止的训练会写入磁盘（Ctrl+P）</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Train on from here (Ctrl+P)</source>
        <translation>从这里继续训练（Ctrl+P）</translation>
    </message>
    <message>
        <source>Stop and keep the best</source>
        <translation>停止并保留最佳结果</translation>
    </message>
    <message>
        <source>Train no further, test the best adapter and write it</source>
        <translation>不再训练，测试最佳的适配器并写入文件</translation>
    </message>
    <message>
        <source>Give up</source>
        <translation>放弃</translation>
    </message>
    <message>
        <source>End the process now; the run can be resumed from its last checkpoint</source>
        <translation>立即结束进程；以后可以从最后一个检查点继续</translation>
    </message>
    <message>
        <source>Use in chat</source>
        <translation>在对话中使用</translation>
    </message>
    <message>
        <source>Show folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Go on from the last checkpoint</source>
        <translation>从最后一个检查点继续</translation>
    </message>
    <message>
        <source>Show the run in training</source>
        <translation>显示正在进行的训练</translation>
    </message>
    <message>
        <source>How much of the run is done</source>
        <translation>训练完成了多少</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>示例回复</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>What happened in the run</source>
        <translation>训练中发生了什么</translation>
    </message>
    <message>
        <source>This run answers no sample prompts, or has not got to them yet.</source>
        <translation>这次训练没有示例提示词，或还没有回答到。</translation>
    </message>
    <message>
        <source>No run is on show. Start one on the first page, or open one of the earlier runs.</source>
        <translation>没有显示任何训练。请在第一页开始一次训练，或打开以前的训练。</translation>
    </message>
</context>
<context>
    <name>RunPresenter</name>
    <message>
        <source>Give up</source>
        <translation>放弃</translation>
    </message>
    <message>
        <source>End this run now?</source>
        <translation>现在结束这次训练吗？</translation>
    </message>
    <message>
        <source>It can be resumed from its last checkpoint. “Stop and keep the best” makes an adapter of it instead.</source>
        <translation>以后可以从最后一个检查点继续。若要得到适配器，请改用“停止并保留最佳结果”。</translation>
    </message>
    <message>
        <source>Train on</source>
        <translation>继续训练</translation>
    </message>
    <message>
        <source>paused after step {step:,}</source>
        <translation>在第 {step:,} 步之后暂停</translation>
    </message>
    <message>
        <source>given up</source>
        <translation>已放弃</translation>
    </message>
    <message>
        <source>finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>正在启动</translation>
    </message>
    <message>
        <source>Stopping: {stage}…</source>
        <translation>正在停止：{stage}…</translation>
    </message>
    <message>
        <source>Paused after step {step:,}; the checkpoint is on the disk.</source>
        <translation>已在第 {step:,} 步之后暂停；检查点已写入磁盘。</translation>
    </message>
    <message>
        <source>{stage}; pausing after this step</source>
        <translation>{stage}；将在这一步之后暂停</translation>
    </message>
    <message>
        <source>{stage}: step {step:,} of {steps:,}, epoch {epoch:.2f}</source>
        <translation>{stage}：第 {step:,} 步，共 {steps:,} 步，第 {epoch:.2f} 轮</translation>
    </message>
    <message>
        <source>{speed:,.0f} tokens/s</source>
        <translation>{speed:,.0f} 词元/秒</translation>
    </message>
    <message>
        <source>about {time} left</source>
        <translation>还需约 {time}</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
</context>
<context>
    <name>RunWords</name>
    <message>
        <source>Reading the data</source>
        <translation>正在读取数据</translation>
    </message>
    <message>
        <source>Turning the data into tokens</source>
        <translation>正在把数据转换为词元</translation>
    </message>
    <message>
        <source>Reading the model</source>
        <translation>正在读取模型</translation>
    </message>
    <message>
        <source>Measuring the losses before training</source>
        <translation>正在测量训练前的损失</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Measuring the losses after training</source>
        <translation>正在测量训练后的损失</translation>
    </message>
    <message>
        <source>Writing the adapter</source>
        <translation>正在写入适配器</translation>
    </message>
    <message>
        <source>Checking the adapter in the engine</source>
        <translation>正在引擎中检查适配器</translation>
    </message>
    <message>
        <source>all steps were done</source>
        <translation>所有步数已完成</translation>
    </message>
    <message>
        <source>the validation loss did not fall any more</source>
        <translation>验证损失不再下降</translation>
    </message>
    <message>
        <source>its time was over</source>
        <translation>时间已到</translation>
    </message>
    <message>
        <source>you stopped it</source>
        <translation>由您停止</translation>
    </message>
    <message>
        <source>finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>can be resumed</source>
        <translation>可以继续</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>Validation</source>
        <translation>验证</translation>
    </message>
    <message>
        <source>Test</source>
        <translation>测试</translation>
    </message>
    <message>
        <source>Second file</source>
        <translation>第二个文件</translation>
    </message>
    <message>
        <source>{count} s</source>
        <translation>{count} 秒</translation>
    </message>
    <message>
        <source>{count} min</source>
        <translation>{count} 分钟</translation>
    </message>
    <message>
        <source>{hours} h {minutes} min</source>
        <translation>{hours} 小时 {minutes} 分钟</translation>
    </message>
</context>
<context>
    <name>SamplesTable</name>
    <message>
        <source>Replies to the sample prompts, the newest at the top</source>
        <translation>对示例提示词的回复，最新的在最上面</translation>
    </message>
    <message>
        <source>before</source>
        <translation>训练前</translation>
    </message>
    <message>
        <source>step {step:,}</source>
        <translation>第 {step:,} 步</translation>
    </message>
</context>
<context>
    <name>SamplingPage</name>
    <message>
        <source>For the next replies of this chat. Settings hold what new chats begin with.</source>
        <translation>用于此对话的下一条回复。新对话的初始值在“设置”中。</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>Own values</source>
        <translation>自定义</translation>
    </message>
    <message>
        <source>What is {option}?</source>
        <translation>什么是“{option}”？</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>Another one for each reply</source>
        <translation>每次回复都不同</translation>
    </message>
    <message>
        <source>Stop texts, one a line: a reply ends before them</source>
        <translation>停止文本，每行一个：回复在它们之前结束</translation>
    </message>
    <message>
        <source>Back to the settings of the app</source>
        <translation>恢复为应用的设置</translation>
    </message>
    <message>
        <source>A seed is a whole number, or nothing for another one each time.</source>
        <translation>种子是一个整数；留空则每次不同。</translation>
    </message>
</context>
<context>
    <name>SaveDialog</name>
    <message>
        <source>There is a file {name} already. Replace it?</source>
        <translation>已有文件 {name}。要替换吗？</translation>
    </message>
</context>
<context>
    <name>ScorePage</name>
    <message>
        <source>How likely the model finds each token of a text, given those before it. Nothing is written.</source>
        <translation>在前文给定时，模型认为文本中的每个词元有多大可能。不会生成任何内容。</translation>
    </message>
    <message>
        <source>Write or paste a text</source>
        <translation>写入或粘贴一段文本</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>Score</source>
        <translation>打分</translation>
    </message>
    <message>
        <source>Evaluate the text (Ctrl+Enter)</source>
        <translation>计算这段文本（Ctrl+Enter）</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>The scored text; arrow keys walk its tokens</source>
        <translation>打过分的文本；用方向键逐个查看词元</translation>
    </message>
    <message>
        <source>How much of the text has been scored</source>
        <translation>文本已打分的比例</translation>
    </message>
</context>
<context>
    <name>ScorePresenter</name>
    <message>
        <source>A reply is being written; the text is scored after it.</source>
        <translation>正在写回复；写完之后再给文本打分。</translation>
    </message>
    <message>
        <source>Ended early: what is coloured is scored, the rest is not.</source>
        <translation>提前结束：着了色的部分已打分，其余没有。</translation>
    </message>
    <message>
        <source>{count:,} tokens, {nll:.3f} nats in all, perplexity {perplexity:.3f}.</source>
        <translation>{count:,} 个词元，共 {nll:.3f} nat，困惑度 {perplexity:.3f}。</translation>
    </message>
    <message>
        <source>Before the first there is nothing, so it has no probability.</source>
        <translation>第一个词元之前没有内容，所以它没有概率。</translation>
    </message>
    <message>
        <source>{count:,} tokens, there is room for {limit:,}</source>
        <translation>{count:,} 个词元，最多可容纳 {limit:,} 个</translation>
    </message>
</context>
<context>
    <name>SettingsForm</name>
    <message>
        <source>What is {option}?</source>
        <translation>什么是“{option}”？</translation>
    </message>
    <message>
        <source>Advanced ({count} changed)</source>
        <translation>高级（已更改 {count} 项）</translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation>高级</translation>
    </message>
    <message>
        <source>Back to the defaults</source>
        <translation>恢复默认值</translation>
    </message>
</context>
<context>
    <name>SettingsView</name>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Changes apply immediately. Engine settings apply the next time a model is loaded.</source>
        <translation>更改立即生效。引擎设置在下次加载模型时生效。</translation>
    </message>
    <message>
        <source>Reset all</source>
        <translation>全部重置</translation>
    </message>
    <message>
        <source>Set every option back to its default</source>
        <translation>把所有选项恢复为默认值</translation>
    </message>
    <message>
        <source>Open the log folder</source>
        <translation>打开日志文件夹</translation>
    </message>
    <message>
        <source>Where chatapp notes what it does, without any of your texts</source>
        <translation>chatapp 在那里记录它做了什么，不含您的任何文字</translation>
    </message>
    <message>
        <source>Token records</source>
        <translation>词元记录</translation>
    </message>
    <message>
        <source>Find a setting</source>
        <translation>查找设置</translation>
    </message>
    <message>
        <source>No setting has these words.</source>
        <translation>没有设置包含这些文字。</translation>
    </message>
</context>
<context>
    <name>SetupPage</name>
    <message>
        <source>Training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Also write the whole model</source>
        <translation>同时写出完整模型</translation>
    </message>
    <message>
        <source>A GGUF of the model with the adapter in it, for programs that take no adapters; as large as the model</source>
        <translation>已并入适配器的模型 GGUF，供不支持适配器的程序使用；与模型一样大</translation>
    </message>
    <message>
        <source>The data is looked at</source>
        <translation>正在检查数据</translation>
    </message>
    <message>
        <source>Drop a data set here, or choose one at the left: chats as JSONL (messages, ShareGPT, Alpaca or prompt and completion), CSV, or plain text. What the model will see is shown here before anything is trained.</source>
        <translation>把数据集拖到这里，或在左侧选择：JSONL 格式的对话（messages、ShareGPT、Alpaca 或提示词加补全）、CSV 或纯文本。训练开始之前，这里会显示模型将看到的内容。</translation>
    </message>
</context>
<context>
    <name>SetupPresenter</name>
    <message>
        <source>A run is being trained; the next one can start when it has ended.</source>
        <translation>正在训练；结束后才能开始下一次。</translation>
    </message>
    <message>
        <source>Install the training component first.</source>
        <translation>请先安装训练组件。</translation>
    </message>
    <message>
        <source>Add a model on the Models page first.</source>
        <translation>请先在“模型”页添加一个模型。</translation>
    </message>
    <message>
        <source>Choose data to train on.</source>
        <translation>请选择用于训练的数据。</translation>
    </message>
    <message>
        <source>Looking at the data…</source>
        <translation>正在检查数据…</translation>
    </message>
    <message>
        <source>There is nothing to train on in this file.</source>
        <translation>这个文件中没有可用于训练的内容。</translation>
    </message>
    <message>
        <source>What it will need is not known.</source>
        <translation>尚不清楚需要多少资源。</translation>
    </message>
</context>
<context>
    <name>ShortcutsDialog</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>书写</translation>
    </message>
    <message>
        <source>Send; Settings can make it another key</source>
        <translation>发送；可在设置中改用其他按键</translation>
    </message>
    <message>
        <source>Leave a search, an editor or a dialog</source>
        <translation>退出搜索、编辑或对话框</translation>
    </message>
    <message>
        <source>New line</source>
        <translation>换行</translation>
    </message>
    <message>
        <source>In an empty box: edit the last question</source>
        <translation>输入框为空时：编辑最后一个问题</translation>
    </message>
    <message>
        <source>Everywhere</source>
        <translation>任何位置</translation>
    </message>
</context>
<context>
    <name>SilenceCard</name>
    <message>
        <source>Wait</source>
        <translation>等待</translation>
    </message>
    <message>
        <source>Restart the model</source>
        <translation>重新启动模型</translation>
    </message>
</context>
<context>
    <name>SoftmaxPage</name>
    <message>
        <source>Write something above: this page shows what the model thinks comes next.</source>
        <translation>请在上面写点什么：这一页显示模型认为接下来会出现什么。</translation>
    </message>
    <message>
        <source>For the token after this text the model gives each token of its vocabulary a logit z; softmax makes probabilities of them. Enter on a token appends it to the text.</source>
        <translation>对这段文本之后的那个词元，模型给词表中的每个词元一个 logit z，softmax 把它们变成概率。在某个词元上按 Enter，就把它接到文本后面。</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>As T → 0 all probability goes to the likeliest token; as T → ∞ all tokens become equally likely.</source>
        <translation>T → 0 时，全部概率都归最可能的词元；T → ∞ 时，所有词元变得同样可能。</translation>
    </message>
    <message>
        <source>How much of the text has been read</source>
        <translation>文本已读的比例</translation>
    </message>
    <message>
        <source>This token can&apos;t be appended: it ends the text or is only a part of a character.</source>
        <translation>这个词元不能接上去：它表示文本结束，或者只是一个字符的一部分。</translation>
    </message>
</context>
<context>
    <name>SoftmaxPresenter</name>
    <message>
        <source>The model is reading the text…</source>
        <translation>模型正在读文本…</translation>
    </message>
    <message>
        <source>The model is being loaded…</source>
        <translation>正在加载模型…</translation>
    </message>
    <message>
        <source>A reply is being written; this waits for its end.</source>
        <translation>正在写回复，写完之后再算。</translation>
    </message>
</context>
<context>
    <name>StatusBar</name>
    <message>
        <source>{speed:.1f} tokens/s</source>
        <translation>{speed:.1f} 词元/秒</translation>
    </message>
    <message>
        <source>Context {used:,} of {limit:,}</source>
        <translation>上下文 {used:,} / {limit:,}</translation>
    </message>
    <message>
        <source>GPU · {count} of {total} layers</source>
        <translation>GPU · {count}/{total} 层</translation>
    </message>
    <message>
        <source>CPU · 1 thread</source>
        <translation>CPU · 1 线程</translation>
    </message>
    <message>
        <source>CPU · {count} threads</source>
        <translation>CPU · {count} 线程</translation>
    </message>
    <message>
        <source>Not responding</source>
        <translation>没有响应</translation>
    </message>
    <message>
        <source>No model loaded</source>
        <translation>未加载模型</translation>
    </message>
    <message>
        <source>Loading the model… {percent}%</source>
        <translation>正在加载模型… {percent}%</translation>
    </message>
    <message>
        <source>Reading the prompt… {done:,} of {total:,} tokens</source>
        <translation>正在读取提示词… {done:,} / {total:,} 个词元</translation>
    </message>
    <message>
        <source>Writing…</source>
        <translation>正在生成…</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
</context>
<context>
    <name>StepView</name>
    <message>
        <source>Logarithmic</source>
        <translation>对数刻度</translation>
    </message>
    <message>
        <source>Entropy: {before:.3f} nat at T = 1, {after:.3f} nat at T = {temperature:g}.</source>
        <translation>熵：T = 1 时 {before:.3f} nat，T = {temperature:g} 时 {after:.3f} nat。</translation>
    </message>
    <message>
        <source>All others together: {before} and {after}.</source>
        <translation>其余全部合计：{before} 与 {after}。</translation>
    </message>
</context>
<context>
    <name>SweepChart</name>
    <message>
        <source>T = {temperature:g}, {n} of {all} lanes</source>
        <translation>T = {temperature:g}，{n} / {all} 路</translation>
    </message>
    <message>
        <source>distinct-2 {value}</source>
        <translation>distinct-2 {value}</translation>
    </message>
    <message>
        <source>self-BLEU {value}</source>
        <translation>self-BLEU {value}</translation>
    </message>
    <message>
        <source>perplexity {value}</source>
        <translation>困惑度 {value}</translation>
    </message>
    <message>
        <source>Temperature against diversity and perplexity; arrow keys walk the temperatures</source>
        <translation>温度与多样性和困惑度；方向键逐个查看温度</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>distinct-2</source>
        <translation>distinct-2</translation>
    </message>
    <message>
        <source>self-BLEU / 100</source>
        <translation>self-BLEU / 100</translation>
    </message>
    <message>
        <source>perplexity (logarithmic)</source>
        <translation>困惑度（对数）</translation>
    </message>
</context>
<context>
    <name>SweepForm</name>
    <message>
        <source>Continues one prompt at several temperatures, with several seeds each, and shows what becomes of diversity and perplexity. All other sampling options are those of the chat.</source>
        <translation>用几个温度、每个温度几个种子续写同一个提示词，并显示多样性和困惑度如何变化。其他采样选项与聊天相同。</translation>
    </message>
    <message>
        <source>Write a prompt</source>
        <translation>写一个提示词</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>提示词</translation>
    </message>
    <message>
        <source>Without the chat template</source>
        <translation>不用聊天模板</translation>
    </message>
    <message>
        <source>The text itself is continued, for models that do not chat</source>
        <translation>直接续写文本本身，适用于不能聊天的模型</translation>
    </message>
    <message>
        <source>Temperatures</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>Seeds for each</source>
        <translation>每个温度的种子数</translation>
    </message>
    <message>
        <source>Reply length (tokens)</source>
        <translation>回复长度（词元）</translation>
    </message>
    <message>
        <source>Numbers from 0 to 5 with blanks between them</source>
        <translation>0 到 5 的数字，用空格分隔</translation>
    </message>
    <message>
        <source>Each temperature is tried with the seeds 1, 2, … up to this number</source>
        <translation>每个温度都用种子 1、2、…… 直到此数各试一次</translation>
    </message>
    <message>
        <source>{count} lanes in all.</source>
        <translation>共 {count} 路。</translation>
    </message>
</context>
<context>
    <name>SweepPage</name>
    <message>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>Begin a new sweep; the one on show is replaced (Ctrl+Enter)</source>
        <translation>开始新的扫描，替换当前显示的结果 (Ctrl+Enter)</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Stop; what is written is kept (Esc)</source>
        <translation>停止；已写的内容会保留 (Esc)</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Go on with the lanes that did not come to their end</source>
        <translation>继续没有写到末尾的路</translation>
    </message>
    <message>
        <source>How many lanes are written</source>
        <translation>已写完多少个路</translation>
    </message>
    <message>
        <source>Nothing has been swept yet. Write a prompt and press Run: a point per temperature.</source>
        <translation>还没有扫描过。写一个提示词，再按“运行”：每个温度一个点。</translation>
    </message>
    <message>
        <source>Save picture…</source>
        <translation>保存图片…</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>The points as CSV: the mean and the 95 % interval of each figure</source>
        <translation>把各点存为 CSV：每个指标的平均值和 95 % 区间</translation>
    </message>
    <message>
        <source>Bars: 95 % intervals over the seeds. Click a point, or walk with ← →.</source>
        <translation>竖线：各种子的 95 % 区间。点击一个点，或用 ← → 逐个查看。</translation>
    </message>
    <message>
        <source>Save picture</source>
        <translation>保存图片</translation>
    </message>
    <message>
        <source>temperature sweep</source>
        <translation>温度扫描</translation>
    </message>
    <message>
        <source>Export points</source>
        <translation>导出各点</translation>
    </message>
</context>
<context>
    <name>SweepPresenter</name>
    <message>
        <source>A reply is being written; the sweep goes on after it.</source>
        <translation>正在写回复；之后扫描会继续。</translation>
    </message>
    <message>
        <source>{done} of {all} lanes are written</source>
        <translation>已写完 {done} / {all} 路</translation>
    </message>
    <message>
        <source>{count}; the prompt is read: {percent} %</source>
        <translation>{count}；正在读取提示词：{percent} %</translation>
    </message>
    <message>
        <source>{count}; {time} left.</source>
        <translation>{count}；剩余{time}。</translation>
    </message>
    <message>
        <source>about {count} s</source>
        <translation>约 {count} 秒</translation>
    </message>
    <message>
        <source>about {count} min</source>
        <translation>约 {count} 分钟</translation>
    </message>
    <message>
        <source>All {all} lanes are written.</source>
        <translation>全部 {all} 路已写完。</translation>
    </message>
    <message>
        <source>{done} of {all} lanes are written, some failed: {reason}</source>
        <translation>已写完 {done} / {all} 路，有的失败了：{reason}</translation>
    </message>
    <message>
        <source>Ended early: {done} of {all} lanes are written and counted.</source>
        <translation>提前结束：已写完并计入 {done} / {all} 路。</translation>
    </message>
</context>
<context>
    <name>TableView</name>
    <message>
        <source>Copy rows</source>
        <translation>复制各行</translation>
    </message>
    <message>
        <source>Sort by {heading}</source>
        <translation>按 {heading} 排序</translation>
    </message>
    <message>
        <source>Unsorted</source>
        <translation>不排序</translation>
    </message>
</context>
<context>
    <name>ThoughtView</name>
    <message>
        <source>Thought ({words} words)</source>
        <translation>思考过程（{words} 个词）</translation>
    </message>
    <message>
        <source>Thinking… ({words} words)</source>
        <translation>正在思考…（{words} 个词）</translation>
    </message>
    <message>
        <source>Show or hide what the model thought before its answer</source>
        <translation>显示或隐藏模型回答之前的思考</translation>
    </message>
    <message>
        <source>The model&apos;s thoughts</source>
        <translation>模型的思考</translation>
    </message>
</context>
<context>
    <name>Timeline</name>
    <message>
        <source>Surprisal and entropy of each token, in bits</source>
        <translation>每个词元的惊异度与熵（比特）</translation>
    </message>
    <message>
        <source>{token}  surprisal {bits:.2f} bit, entropy {entropy:.2f} bit</source>
        <translation>{token}  惊异度 {bits:.2f} bit，熵 {entropy:.2f} bit</translation>
    </message>
    <message>
        <source>Line: surprisal. Area: entropy. Click a token, or drag over some.</source>
        <translation>折线：惊异度。面积：熵。点击一个词元，或拖选一段。</translation>
    </message>
    <message>
        <source>Save picture…</source>
        <translation>保存图片…</translation>
    </message>
    <message>
        <source>Save picture</source>
        <translation>保存图片</translation>
    </message>
    <message>
        <source>course of a reply</source>
        <translation>回复的走势</translation>
    </message>
</context>
<context>
    <name>TrainingClose</name>
    <message>
        <source>Stop and keep the best</source>
        <translation>停止并保留最佳结果</translation>
    </message>
    <message>
        <source>Close; resume it later</source>
        <translation>关闭，以后继续</translation>
    </message>
    <message>
        <source>Do not close</source>
        <translation>不关闭</translation>
    </message>
</context>
<context>
    <name>Transcript</name>
    <message>
        <source>Show earlier messages</source>
        <translation>显示更早的消息</translation>
    </message>
    <message>
        <source>Show later messages</source>
        <translation>显示之后的消息</translation>
    </message>
    <message>
        <source>The context is full: the model no longer sees what is above this line.</source>
        <translation>上下文已满：模型已看不到此线以上的内容。</translation>
    </message>
    <message>
        <source>Conversation</source>
        <translation>对话</translation>
    </message>
</context>
<context>
    <name>UndoBar</name>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>What shall we talk about?</source>
        <translation>想聊点什么？</translation>
    </message>
    <message>
        <source>Everything stays on this computer. Choose an example or write your own.</source>
        <translation>所有内容都留在这台电脑上。选择一个示例，或直接输入。</translation>
    </message>
</context>
<context>
    <name>WhatIf</name>
    <message>
        <source>Evaluating the text before this token again… {part:.0%}</source>
        <translation>正在重新计算此词元之前的文本… {part:.0%}</translation>
    </message>
    <message>
        <source>Computed again, and not as it was recorded: what stands before it may have changed.</source>
        <translation>已重新计算，但与记录不同：前面的内容可能已改变。</translation>
    </message>
    <message>
        <source>Computed again: its logits were no longer kept.</source>
        <translation>已重新计算：当时的 logit 已不再保留。</translation>
    </message>
    <message>
        <source>From the logits of that step.</source>
        <translation>来自该步当时的 logit。</translation>
    </message>
    <message>
        <source>XTC and mirostat, which draw by themselves, are left out.</source>
        <translation>XTC 与 mirostat 自行抽取，不计入此处。</translation>
    </message>
    <message>
        <source>What if … other settings for this token</source>
        <translation>假设…此词元用其他设置</translation>
    </message>
    <message>
        <source>Back to the reply&apos;s own settings</source>
        <translation>恢复此回复的设置</translation>
    </message>
    <message>
        <source>Write on from here with these settings</source>
        <translation>用这些设置从此处续写</translation>
    </message>
</context>
<context>
    <name>WordDiff</name>
    <message>
        <source>Differences, word by word</source>
        <translation>逐词差异</translation>
    </message>
    <message>
        <source>The two are the same.</source>
        <translation>两者相同。</translation>
    </message>
    <message>
        <source>Struck through: words that went ({removed}). Underlined: words that came ({added}).</source>
        <translation>删除线：去掉的词（{removed}）。下划线：新增的词（{added}）。</translation>
    </message>
</context>
<context>
    <name>actions</name>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>Stop the reply</source>
        <translation>停止回复</translation>
    </message>
    <message>
        <source>Go to a chat, a model or a command</source>
        <translation>转到对话、模型或命令</translation>
    </message>
    <message>
        <source>Larger text</source>
        <translation>放大文字</translation>
    </message>
    <message>
        <source>Smaller text</source>
        <translation>缩小文字</translation>
    </message>
    <message>
        <source>Text of the usual size</source>
        <translation>默认文字大小</translation>
    </message>
    <message>
        <source>All shortcuts</source>
        <translation>所有快捷键</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>Ask the last question again</source>
        <translation>重新询问最后一个问题</translation>
    </message>
    <message>
        <source>Continue the last reply</source>
        <translation>继续最后的回复</translation>
    </message>
    <message>
        <source>Edit the last question</source>
        <translation>编辑最后一个问题</translation>
    </message>
    <message>
        <source>Edit the last reply</source>
        <translation>编辑最后的回复</translation>
    </message>
    <message>
        <source>Earlier version</source>
        <translation>较早的版本</translation>
    </message>
    <message>
        <source>Later version</source>
        <translation>较晚的版本</translation>
    </message>
    <message>
        <source>Compare versions</source>
        <translation>比较版本</translation>
    </message>
    <message>
        <source>Compare with and without adapters</source>
        <translation>比较使用与不使用适配器的回复</translation>
    </message>
    <message>
        <source>Branch off into a new chat</source>
        <translation>从此处分支为新对话</translation>
    </message>
    <message>
        <source>Exact prompt of the last reply</source>
        <translation>最后回复的精确提示词</translation>
    </message>
    <message>
        <source>Find in this chat</source>
        <translation>在此对话中查找</translation>
    </message>
    <message>
        <source>Next place found</source>
        <translation>下一处</translation>
    </message>
    <message>
        <source>Previous place found</source>
        <translation>上一处</translation>
    </message>
    <message>
        <source>Search all chats</source>
        <translation>搜索所有对话</translation>
    </message>
    <message>
        <source>Copy the conversation</source>
        <translation>复制整个对话</translation>
    </message>
    <message>
        <source>Rename the chat</source>
        <translation>重命名对话</translation>
    </message>
    <message>
        <source>Pin or unpin the chat</source>
        <translation>置顶或取消置顶对话</translation>
    </message>
    <message>
        <source>Export the chat</source>
        <translation>导出对话</translation>
    </message>
    <message>
        <source>Import a chat</source>
        <translation>导入对话</translation>
    </message>
    <message>
        <source>Delete the chat</source>
        <translation>删除对话</translation>
    </message>
    <message>
        <source>Undo the deletion</source>
        <translation>撤销删除</translation>
    </message>
    <message>
        <source>Show or hide the list of chats</source>
        <translation>显示或隐藏对话列表</translation>
    </message>
    <message>
        <source>Show or hide the inspector</source>
        <translation>显示或隐藏检查器</translation>
    </message>
    <message>
        <source>Colour the replies by what the model thought</source>
        <translation>按模型的看法为回复着色</translation>
    </message>
    <message>
        <source>Find a setting</source>
        <translation>查找设置</translation>
    </message>
    <message>
        <source>Show report</source>
        <translation>查看报告</translation>
    </message>
    <message>
        <source>Copy report</source>
        <translation>复制报告</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Start normally</source>
        <translation>正常启动</translation>
    </message>
    <message>
        <source>Only load the model</source>
        <translation>只加载模型</translation>
    </message>
    <message>
        <source>Load it anyway</source>
        <translation>仍要加载</translation>
    </message>
    <message>
        <source>Bring them back</source>
        <translation>找回</translation>
    </message>
    <message>
        <source>Softmax of a text</source>
        <translation>文本的 softmax</translation>
    </message>
    <message>
        <source>Score a text</source>
        <translation>给文本打分</translation>
    </message>
    <message>
        <source>Score the text in the box</source>
        <translation>给框中的文本打分</translation>
    </message>
    <message>
        <source>Run all lanes</source>
        <translation>运行所有路</translation>
    </message>
    <message>
        <source>Stop all lanes</source>
        <translation>停止所有路</translation>
    </message>
    <message>
        <source>Resume the lanes</source>
        <translation>继续写各路</translation>
    </message>
    <message>
        <source>Add a lane</source>
        <translation>添加一路</translation>
    </message>
    <message>
        <source>Next lane</source>
        <translation>下一路</translation>
    </message>
    <message>
        <source>Lane before</source>
        <translation>上一路</translation>
    </message>
    <message>
        <source>Scroll together</source>
        <translation>同步滚动</translation>
    </message>
    <message>
        <source>Earlier comparisons</source>
        <translation>以前的比较</translation>
    </message>
    <message>
        <source>Export the comparison</source>
        <translation>导出比较</translation>
    </message>
    <message>
        <source>The lanes</source>
        <translation>各路</translation>
    </message>
    <message>
        <source>A sweep of temperatures</source>
        <translation>温度扫描</translation>
    </message>
    <message>
        <source>The last reply is good</source>
        <translation>最后一条回复：好</translation>
    </message>
    <message>
        <source>The last reply is bad</source>
        <translation>最后一条回复：不好</translation>
    </message>
    <message>
        <source>Start training</source>
        <translation>开始训练</translation>
    </message>
    <message>
        <source>Pause training or go on</source>
        <translation>暂停或继续训练</translation>
    </message>
    <message>
        <source>Stop training and keep the best</source>
        <translation>停止训练并保留最佳结果</translation>
    </message>
    <message>
        <source>Resume the run on show</source>
        <translation>继续所显示的训练</translation>
    </message>
    <message>
        <source>Example before</source>
        <translation>上一个样本</translation>
    </message>
    <message>
        <source>Next example</source>
        <translation>下一个样本</translation>
    </message>
    <message>
        <source>A new run</source>
        <translation>新训练</translation>
    </message>
    <message>
        <source>The run on show</source>
        <translation>所显示的训练</translation>
    </message>
    <message>
        <source>Earlier runs</source>
        <translation>以前的训练</translation>
    </message>
</context>
<context>
    <name>components</name>
    <message>
        <source>Training component</source>
        <translation>训练组件</translation>
    </message>
    <message>
        <source>Fine-tuning needs PyTorch. It is installed into chatapp&apos;s data folder, apart from everything else on this computer, and can be removed again.</source>
        <translation>微调需要 PyTorch。它会安装到 chatapp 的数据文件夹中，与这台电脑上的其他内容分开，并且可以再移除。</translation>
    </message>
</context>
<context>
    <name>errors</name>
    <message>
        <source>There is no file at {path}.</source>
        <translation>找不到文件：{path}</translation>
    </message>
    <message>
        <source>Check the path, or choose another model on the Models page.</source>
        <translation>请检查路径，或在“模型”页选择其他模型。</translation>
    </message>
    <message>
        <source>The path {path} has characters that are not valid UTF-8.</source>
        <translation>路径 {path} 含有无效的 UTF-8 字符。</translation>
    </message>
    <message>
        <source>Rename the file or its folder, then try again.</source>
        <translation>请重命名该文件或其文件夹，然后重试。</translation>
    </message>
    <message>
        <source>{path} is a folder, not a model file.</source>
        <translation>{path} 是文件夹，不是模型文件。</translation>
    </message>
    <message>
        <source>Choose the .gguf file inside it.</source>
        <translation>请选择其中的 .gguf 文件。</translation>
    </message>
    <message>
        <source>{path} is a pipe or a device, not a model file.</source>
        <translation>{path} 是管道或设备，不是模型文件。</translation>
    </message>
    <message>
        <source>Choose an ordinary .gguf file.</source>
        <translation>请选择普通的 .gguf 文件。</translation>
    </message>
    <message>
        <source>The file {path} is empty.</source>
        <translation>文件 {path} 是空的。</translation>
    </message>
    <message>
        <source>Its download may have failed: fetch it again.</source>
        <translation>可能下载失败了：请重新下载。</translation>
    </message>
    <message>
        <source>{path} is not a GGUF file.</source>
        <translation>{path} 不是 GGUF 文件。</translation>
    </message>
    <message>
        <source>chatapp reads models in the GGUF format; look for a file ending in .gguf.</source>
        <translation>chatapp 读取 GGUF 格式的模型；请选择以 .gguf 结尾的文件。</translation>
    </message>
    <message>
        <source>The file {path} is cut short: {actual} of at least {expected} bytes are there.</source>
        <translation>文件 {path} 不完整：至少应有 {expected} 字节，只有 {actual} 字节。</translation>
    </message>
    <message>
        <source>Its download or copy did not finish: fetch it again.</source>
        <translation>下载或复制没有完成：请重新获取。</translation>
    </message>
    <message>
        <source>The file {path} is damaged: {reason}.</source>
        <translation>文件 {path} 已损坏：{reason}。</translation>
    </message>
    <message>
        <source>Fetch it again, and compare its checksum with the one the publisher gives.</source>
        <translation>请重新下载，并与发布者给出的校验和比对。</translation>
    </message>
    <message>
        <source>The file {path} can&apos;t be read: {reason}.</source>
        <translation>无法读取文件 {path}：{reason}。</translation>
    </message>
    <message>
        <source>Check its permissions and that its disk is connected.</source>
        <translation>请检查文件权限，并确认磁盘已连接。</translation>
    </message>
    <message>
        <source>llama.cpp can&apos;t load {path}: {reason}.</source>
        <translation>llama.cpp 无法加载 {path}：{reason}。</translation>
    </message>
    <message>
        <source>Choose another model; this one is damaged or of a kind not supported yet.</source>
        <translation>请选择其他模型；此模型已损坏或暂不支持。</translation>
    </message>
    <message>
        <source>There is not enough memory for a context of {n_ctx} tokens with {path}.</source>
        <translation>内存不足，无法为 {path} 提供 {n_ctx} 个词元的上下文。</translation>
    </message>
    <message>
        <source>Choose a smaller context length in Settings, or a smaller model.</source>
        <translation>请在设置中选择更小的上下文长度，或换用更小的模型。</translation>
    </message>
    <message>
        <source>{layers} layers were to go on a GPU, but this build of llama.cpp finds none.</source>
        <translation>要把 {layers} 层放到 GPU 上，但这个 llama.cpp 版本没有找到 GPU。</translation>
    </message>
    <message>
        <source>Set the layers on the GPU to Auto or 0. The README tells how to build it for your graphics card.</source>
        <translation>请将 GPU 上的层数设为“自动”或 0。README 说明了如何为你的显卡编译。</translation>
    </message>
    <message>
        <source>What should fit: {ways}. The same options are in Settings.</source>
        <translation>以下选择应该可行：{ways}。“设置”中也有相同的选项。</translation>
    </message>
    <message>
        <source>The model process stopped while loading {path}.</source>
        <translation>加载 {path} 时模型进程停止了。</translation>
    </message>
    <message>
        <source>{path} does not produce text (its architecture is {architecture}).</source>
        <translation>{path} 不能生成文本（其架构为 {architecture}）。</translation>
    </message>
    <message>
        <source>Choose a language model that generates text.</source>
        <translation>请选择能生成文本的语言模型。</translation>
    </message>
    <message>
        <source>No model named {name} is in the library, and there is no such file.</source>
        <translation>模型库中没有名为 {name} 的模型，也没有这个文件。</translation>
    </message>
    <message>
        <source>List what is there with: chatapp models list</source>
        <translation>用此命令查看已有模型：chatapp models list</translation>
    </message>
    <message>
        <source>No model is in the library yet.</source>
        <translation>模型库里还没有模型。</translation>
    </message>
    <message>
        <source>Add a GGUF file on the Models page, or in a terminal: chatapp models add FILE.gguf</source>
        <translation>请在“模型”页添加 GGUF 文件，或在终端运行：chatapp models add FILE.gguf</translation>
    </message>
    <message>
        <source>No model is loaded.</source>
        <translation>没有加载模型。</translation>
    </message>
    <message>
        <source>Choose a model at the top of the window.</source>
        <translation>请在窗口顶部选择模型。</translation>
    </message>
    <message>
        <source>The reply ended early because the model was changed.</source>
        <translation>因为更换了模型，回复提前结束。</translation>
    </message>
    <message>
        <source>What was written is kept; you can ask again.</source>
        <translation>已写的内容已保留；你可以重新提问。</translation>
    </message>
    <message>
        <source>The prompt has {needed} tokens; a context of {limit} has no room for it and a reply.</source>
        <translation>提示词有 {needed} 个词元；{limit} 个词元的上下文容不下它和回复。</translation>
    </message>
    <message>
        <source>Shorten it, start a new chat, choose a larger context length, or let Settings leave out the oldest messages.</source>
        <translation>请缩短内容、开始新对话、选择更大的上下文长度，或在“设置”中允许略去最早的消息。</translation>
    </message>
    <message>
        <source>What the model has read could not be kept in {path}: {reason}.</source>
        <translation>无法将模型读过的内容保存到 {path}：{reason}。</translation>
    </message>
    <message>
        <source>Nothing is lost: it is read again when it is needed.</source>
        <translation>没有丢失任何内容：需要时会重新读取。</translation>
    </message>
    <message>
        <source>Choose Plain as chat template in Settings, or another model; chatapp generate has --raw.</source>
        <translation>请在“设置”中将对话模板改为“简单格式”，或选择其他模型；chatapp generate 也可用 --raw。</translation>
    </message>
    <message>
        <source>What was written is kept and the model is loaded again by itself; then ask again.</source>
        <translation>已写的内容已保留，模型会自动重新加载；之后可再次提问。</translation>
    </message>
    <message>
        <source>Run the command again; a smaller --ctx needs less memory.</source>
        <translation>请重新运行命令；较小的 --ctx 占用更少内存。</translation>
    </message>
    <message>
        <source>Ask again; if it happens again, report it with the log.</source>
        <translation>请重新提问；如果再次发生，请附上日志报告。</translation>
    </message>
    <message>
        <source>This reply was not finished when chatapp last ended.</source>
        <translation>上次 chatapp 结束时，这条回复尚未写完。</translation>
    </message>
    <message>
        <source>{layers} layers and a context of {n_ctx} tokens do not fit on the GPU: they need {needed}, {free} are free.</source>
        <translation>{layers} 层和 {n_ctx} 个词元的上下文放不进 GPU：需要 {needed}，可用 {free}。</translation>
    </message>
    <message>
        <source>The file may be damaged or need more memory than is free. Choose another model, a smaller context or fewer layers on the GPU.</source>
        <translation>文件可能已损坏，或所需内存超过可用内存。请选择其他模型、更小的上下文，或减少 GPU 上的层数。</translation>
    </message>
    <message>
        <source>This reply was written by another model: {path}.</source>
        <translation>此回复由另一个模型写出：{path}。</translation>
    </message>
    <message>
        <source>Load that model to try other settings.</source>
        <translation>请加载该模型以试用其他设置。</translation>
    </message>
    <message>
        <source>{lanes} lanes may need {needed} tokens with the prompt&apos;s {prompt}; the context has {n_ctx}, enough for {fitting} of them.</source>
        <translation>{lanes} 路连同提示词的 {prompt} 个词元最多需要 {needed} 个词元；上下文只有 {n_ctx} 个，够其中 {fitting} 路使用。</translation>
    </message>
    <message>
        <source>Take fewer lanes, a lower reply length limit, or a larger context length in Settings.</source>
        <translation>请减少路数、调低回复长度上限，或在设置中加大上下文长度。</translation>
    </message>
    <message>
        <source>These lanes were begun by {model}, which is not the model in use.</source>
        <translation>这些路由 {model} 开始写，而它不是当前使用的模型。</translation>
    </message>
    <message>
        <source>Choose that model and resume, or run them anew; what is written stays.</source>
        <translation>请选用那个模型后继续，或重新运行；已写的内容会保留。</translation>
    </message>
    <message>
        <source>In the lane {text!r} the part {part!r} can&apos;t be read.</source>
        <translation>{text!r} 这一路中的 {part!r} 无法识别。</translation>
    </message>
    <message>
        <source>Write options with their values, for example temperature=0.7,top_p=0.9,seed=3.</source>
        <translation>请写成选项加取值，例如 temperature=0.7,top_p=0.9,seed=3。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be used as a state file: {reason}.</source>
        <translation>{path} 不能用作状态文件：{reason}。</translation>
    </message>
    <message>
        <source>Go on with --resume and a file that --state wrote, or name a new file.</source>
        <translation>请用 --resume 指定由 --state 写出的文件以继续，或另取一个新文件名。</translation>
    </message>
    <message>
        <source>{lanes} lanes are more than the {most} that are possible.</source>
        <translation>{lanes} 路超过了上限 {most} 路。</translation>
    </message>
    <message>
        <source>Take fewer values; a sweep, which runs in batches, may have more lanes.</source>
        <translation>请减少取值；扫描会分批进行，可以有更多路。</translation>
    </message>
    <message>
        <source>The prompt is empty.</source>
        <translation>提示词是空的。</translation>
    </message>
    <message>
        <source>Write something first.</source>
        <translation>请先写点内容。</translation>
    </message>
    <message>
        <source>The character at position {position} is incomplete (a lone surrogate) and can&apos;t be sent.</source>
        <translation>第 {position} 个字符不完整（孤立的代理项），无法发送。</translation>
    </message>
    <message>
        <source>Delete or replace that character, then send again; nothing was lost.</source>
        <translation>请删除或替换该字符后重新发送；内容没有丢失。</translation>
    </message>
    <message>
        <source>The text is not valid UTF-8 at byte {position}.</source>
        <translation>文本在第 {position} 字节处不是有效的 UTF-8。</translation>
    </message>
    <message>
        <source>The data file {path} can&apos;t be read: {reason}.</source>
        <translation>无法读取数据文件 {path}：{reason}。</translation>
    </message>
    <message>
        <source>The data file {path} is empty: not even its line 1 has anything in it.</source>
        <translation>数据文件 {path} 是空的：连第 1 行也没有内容。</translation>
    </message>
    <message>
        <source>Choose a file with examples: JSONL, JSON, CSV or plain text.</source>
        <translation>请选择含有示例的文件：JSONL、JSON、CSV 或纯文本。</translation>
    </message>
    <message>
        <source>The data file {path} has {size}; at most {limit} are read.</source>
        <translation>数据文件 {path} 大小为 {size}；最多读取 {limit}。</translation>
    </message>
    <message>
        <source>Train on a part of it: a model learns from far fewer examples.</source>
        <translation>请用其中一部分训练：模型只需少得多的示例就能学会。</translation>
    </message>
    <message>
        <source>Line 1 of {path} begins as a text in UTF-16 does; data has to be UTF-8.</source>
        <translation>{path} 的第 1 行是 UTF-16 文本的开头；数据必须是 UTF-8。</translation>
    </message>
    <message>
        <source>Convert it to UTF-8 first, for example with iconv.</source>
        <translation>请先转换为 UTF-8，例如使用 iconv。</translation>
    </message>
    <message>
        <source>Nothing in {path} can be used ({count} problems). {first}</source>
        <translation>{path} 中没有可用的内容（{count} 个问题）。{first}</translation>
    </message>
    <message>
        <source>Each line of JSONL needs messages with role and content, conversations with from and value, or a pair of keys such as instruction and output, prompt and completion, question and answer; CSV such columns.</source>
        <translation>JSONL 的每一行需要 messages（含 role 和 content）、conversations（含 from 和 value），或一对键，如 instruction 和 output、prompt 和 completion、question 和 answer；CSV 则需要这样的列。</translation>
    </message>
    <message>
        <source>Line 1 of {path} names the columns {columns}; none of them can be trained on.</source>
        <translation>{path} 的第 1 行列出的列是 {columns}；没有一列可用于训练。</translation>
    </message>
    <message>
        <source>Name two columns instruction and output, prompt and completion, or question and answer; or one text.</source>
        <translation>请把两列命名为 instruction 和 output、prompt 和 completion，或 question 和 answer；或把一列命名为 text。</translation>
    </message>
    <message>
        <source>Line {line} is not valid UTF-8.</source>
        <translation>第 {line} 行不是有效的 UTF-8。</translation>
    </message>
    <message>
        <source>Convert the file to UTF-8 first, for example with iconv.</source>
        <translation>请先把文件转换为 UTF-8，例如用 iconv。</translation>
    </message>
    <message>
        <source>Line {line} is not valid JSON: {reason}.</source>
        <translation>第 {line} 行不是有效的 JSON：{reason}。</translation>
    </message>
    <message>
        <source>In JSONL each line is one whole JSON object.</source>
        <translation>在 JSONL 中，每一行是一个完整的 JSON 对象。</translation>
    </message>
    <message>
        <source>Line {line} is longer than {limit}.</source>
        <translation>第 {line} 行超过 {limit}。</translation>
    </message>
    <message>
        <source>Divide it into several examples.</source>
        <translation>请把它分成几个示例。</translation>
    </message>
    <message>
        <source>Line {line} holds no JSON object but a value of another kind ({kind}).</source>
        <translation>第 {line} 行不是 JSON 对象，而是另一种值（{kind}）。</translation>
    </message>
    <message>
        <source>Each example is an object in braces.</source>
        <translation>每个示例是花括号中的一个对象。</translation>
    </message>
    <message>
        <source>Line {line} lacks the keys of an example; it has {keys}.</source>
        <translation>第 {line} 行缺少示例所需的键；它有 {keys}。</translation>
    </message>
    <message>
        <source>Use messages, conversations, or a pair: instruction and output, prompt and completion, question and answer.</source>
        <translation>请用 messages、conversations，或一对键：instruction 和 output、prompt 和 completion、question 和 answer。</translation>
    </message>
    <message>
        <source>In line {line} the value of {key} is not text.</source>
        <translation>第 {line} 行中 {key} 的值不是文本。</translation>
    </message>
    <message>
        <source>Put it in quotation marks.</source>
        <translation>请给它加上引号。</translation>
    </message>
    <message>
        <source>In line {line} the value of {key} is empty.</source>
        <translation>第 {line} 行中 {key} 的值是空的。</translation>
    </message>
    <message>
        <source>An example needs something asked and something replied.</source>
        <translation>一个示例需要有提问，也有回复。</translation>
    </message>
    <message>
        <source>In line {line} the value of {key} is no list of messages.</source>
        <translation>第 {line} 行中 {key} 的值不是消息列表。</translation>
    </message>
    <message>
        <source>It has to be a list of objects, each with who speaks and what is said.</source>
        <translation>它必须是对象的列表，每个对象写明谁说、说了什么。</translation>
    </message>
    <message>
        <source>In line {line} message {number} has no text under {keys}.</source>
        <translation>第 {line} 行的第 {number} 条消息在 {keys} 下没有文本。</translation>
    </message>
    <message>
        <source>Each message needs role and content, or from and value, both of them text.</source>
        <translation>每条消息需要 role 和 content，或 from 和 value，两者都是文本。</translation>
    </message>
    <message>
        <source>In line {line} message {number} is from {role}, a role that is not known.</source>
        <translation>第 {line} 行的第 {number} 条消息来自未知的角色 {role}。</translation>
    </message>
    <message>
        <source>Use system, user and assistant, or system, human and gpt.</source>
        <translation>请用 system、user 和 assistant，或 system、human 和 gpt。</translation>
    </message>
    <message>
        <source>In line {line} message {number} is empty.</source>
        <translation>第 {line} 行的第 {number} 条消息是空的。</translation>
    </message>
    <message>
        <source>In line {line} the first message is already a reply.</source>
        <translation>第 {line} 行的第一条消息就已是回复。</translation>
    </message>
    <message>
        <source>Begin with a message of the user.</source>
        <translation>请以用户的消息开头。</translation>
    </message>
    <message>
        <source>In line {line} message {number} has the same role as the one before, {role}.</source>
        <translation>第 {line} 行的第 {number} 条消息与前一条角色相同：{role}。</translation>
    </message>
    <message>
        <source>User and assistant have to take turns; put the two into one message.</source>
        <translation>用户与助手必须轮流发言；请把这两条合为一条。</translation>
    </message>
    <message>
        <source>In line {line} message {number} is a system prompt after the beginning.</source>
        <translation>第 {line} 行的第 {number} 条消息是系统提示词，却不在开头。</translation>
    </message>
    <message>
        <source>A system prompt can only be the first message.</source>
        <translation>系统提示词只能是第一条消息。</translation>
    </message>
    <message>
        <source>Line {line} has no reply that could be learnt.</source>
        <translation>第 {line} 行没有可以学习的回复。</translation>
    </message>
    <message>
        <source>Add a message of the assistant.</source>
        <translation>请加上一条助手的消息。</translation>
    </message>
    <message>
        <source>Line {line} has half a character (a lone surrogate).</source>
        <translation>第 {line} 行有半个字符（孤立的代理项）。</translation>
    </message>
    <message>
        <source>Whatever wrote the file cut a character in two: write it again.</source>
        <translation>写这个文件的程序把一个字符切成了两半：请重新写一次。</translation>
    </message>
    <message>
        <source>Line {line} can&apos;t be read as CSV: {reason}.</source>
        <translation>第 {line} 行无法作为 CSV 读取：{reason}。</translation>
    </message>
    <message>
        <source>Look at the quotation marks and the number of values there.</source>
        <translation>请检查那里的引号和值的个数。</translation>
    </message>
    <message>
        <source>The example in line {line} can&apos;t be put in the model&apos;s chat template: {reason}</source>
        <translation>第 {line} 行的示例无法放入模型的聊天模板：{reason}</translation>
    </message>
    <message>
        <source>Write it as the model&apos;s chats are: a user, then the assistant, by turns.</source>
        <translation>请按模型聊天的样子来写：用户与助手轮流。</translation>
    </message>
    <message>
        <source>Example {number} has {needed} tokens, the context {limit}.</source>
        <translation>示例 {number} 有 {needed} 个词元，上下文只有 {limit} 个。</translation>
    </message>
    <message>
        <source>Set a lower length of the longest example, or a larger context.</source>
        <translation>请把最长示例设短一些，或把上下文设大一些。</translation>
    </message>
    <message>
        <source>Example {number} can&apos;t be scored: {reason}.</source>
        <translation>示例 {number} 无法评分：{reason}。</translation>
    </message>
    <message>
        <source>Prepare the data with the model that it is scored with.</source>
        <translation>请用评分所用的那个模型来准备数据。</translation>
    </message>
    <message>
        <source>The reference {path} can&apos;t be used: {reason}.</source>
        <translation>参照文件 {path} 无法使用：{reason}。</translation>
    </message>
    <message>
        <source>Write it again with the model that it is compared with.</source>
        <translation>请用与之比较的那个模型重新写出它。</translation>
    </message>
    <message>
        <source>Check the path and its permissions.</source>
        <translation>请检查路径和权限。</translation>
    </message>
    <message>
        <source>{name} can&apos;t be {value}.</source>
        <translation>{name} 不能是 {value}。</translation>
    </message>
    <message>
        <source>Choose a value in this range: {allowed}.</source>
        <translation>请在此范围内取值：{allowed}。</translation>
    </message>
    <message>
        <source>A stop text can&apos;t be empty.</source>
        <translation>停止文本不能为空。</translation>
    </message>
    <message>
        <source>Give at least one character, or leave it out.</source>
        <translation>请至少给出一个字符，或省略它。</translation>
    </message>
    <message>
        <source>The output could not be written: {reason}.</source>
        <translation>无法写入输出：{reason}。</translation>
    </message>
    <message>
        <source>Check where it goes, then run the command again.</source>
        <translation>请检查输出位置，然后重新运行命令。</translation>
    </message>
    <message>
        <source>The model&apos;s chat template can&apos;t be used: {reason}.</source>
        <translation>无法使用该模型的对话模板：{reason}。</translation>
    </message>
    <message>
        <source>Cancelled.</source>
        <translation>已取消。</translation>
    </message>
    <message>
        <source>Start again whenever you like.</source>
        <translation>随时可以重新开始。</translation>
    </message>
    <message>
        <source>Another reply is still being written.</source>
        <translation>另一条回复仍在生成中。</translation>
    </message>
    <message>
        <source>Wait for it, or stop it first; your text stays in the box.</source>
        <translation>请等待，或先停止它；你的文字会留在输入框里。</translation>
    </message>
    <message>
        <source>llama.cpp could not evaluate the next token: {reason}.</source>
        <translation>llama.cpp 无法计算下一个词元：{reason}。</translation>
    </message>
    <message>
        <source>Try again, or choose a smaller context length in Settings.</source>
        <translation>请重试，或在设置中选择更小的上下文长度。</translation>
    </message>
    <message>
        <source>The model process stopped unexpectedly ({outcome}).</source>
        <translation>模型进程意外停止（{outcome}）。</translation>
    </message>
    <message>
        <source>The model process did not answer for {seconds} seconds and was ended.</source>
        <translation>模型进程 {seconds} 秒没有响应，已被结束。</translation>
    </message>
    <message>
        <source>The model process gave no sign of life for {seconds} seconds and was ended.</source>
        <translation>模型进程 {seconds} 秒没有任何反应，已被结束。</translation>
    </message>
    <message>
        <source>The model is not responding.</source>
        <translation>模型没有响应。</translation>
    </message>
    <message>
        <source>Its process may be stopped, or the machine short of memory. If you wait it may go on by itself; a restart keeps what is written and loads the model again.</source>
        <translation>它的进程可能被暂停了，或者电脑内存不足。等一会儿它也许会自行继续；重新启动会保留已写的内容，并再次加载模型。</translation>
    </message>
    <message>
        <source>The reply ended early because the model did not respond and was restarted.</source>
        <translation>模型没有响应并被重新启动，因此回复提前结束。</translation>
    </message>
    <message>
        <source>The model process can&apos;t be started ({outcome}).</source>
        <translation>无法启动模型进程（{outcome}）。</translation>
    </message>
    <message>
        <source>The training process can&apos;t be started ({outcome}).</source>
        <translation>无法启动训练进程（{outcome}）。</translation>
    </message>
    <message>
        <source>Install it again in a terminal with: chatapp components install finetune</source>
        <translation>请在终端中重新安装：chatapp components install finetune</translation>
    </message>
    <message>
        <source>The training process stopped unexpectedly ({outcome}).</source>
        <translation>训练进程意外停止（{outcome}）。</translation>
    </message>
    <message>
        <source>The run can be resumed from its last checkpoint; where memory was short, a smaller batch or shorter examples help.</source>
        <translation>训练可以从最后的检查点继续；若是内存不足，较小的批次或较短的示例会有帮助。</translation>
    </message>
    <message>
        <source>The training process gave no sign of life for {seconds} seconds and was ended.</source>
        <translation>训练进程 {seconds} 秒没有任何反应，已被结束。</translation>
    </message>
    <message>
        <source>The run can be resumed from its last checkpoint.</source>
        <translation>训练可以从最后的检查点继续。</translation>
    </message>
    <message>
        <source>The process that conducts training can&apos;t be started ({outcome}).</source>
        <translation>无法启动主持训练的进程（{outcome}）。</translation>
    </message>
    <message>
        <source>Run chatapp selfcheck in a terminal to see what is missing.</source>
        <translation>请在终端运行 chatapp selfcheck 查看缺少什么。</translation>
    </message>
    <message>
        <source>The process that conducts training stopped unexpectedly ({outcome}).</source>
        <translation>主持训练的进程意外停止（{outcome}）。</translation>
    </message>
    <message>
        <source>Training gave no sign of life for {seconds} seconds and was ended.</source>
        <translation>训练 {seconds} 秒没有任何反应，已被结束。</translation>
    </message>
    <message>
        <source>There is no training run that can be read in {folder}: {reason}.</source>
        <translation>{folder} 中没有可读取的训练：{reason}。</translation>
    </message>
    <message>
        <source>Give the folder of a run, or its name; or begin a new run.</source>
        <translation>请给出某次训练的文件夹或名称；或开始一次新的训练。</translation>
    </message>
    <message>
        <source>The run in {folder} is being trained already.</source>
        <translation>{folder} 中的运行正在训练。</translation>
    </message>
    <message>
        <source>Wait for its end, or stop it where it was started.</source>
        <translation>请等它结束，或在启动它的地方将其停止。</translation>
    </message>
    <message>
        <source>The run&apos;s folder {folder} can&apos;t be written: {reason}.</source>
        <translation>无法写入训练的文件夹 {folder}：{reason}。</translation>
    </message>
    <message>
        <source>Make room on the disk or the folder writable, then resume the run.</source>
        <translation>请腾出磁盘空间，或使文件夹可写，然后继续训练。</translation>
    </message>
    <message>
        <source>{path} is not as it was when this run began.</source>
        <translation>{path} 与这次训练开始时不同了。</translation>
    </message>
    <message>
        <source>Put the file back as it was, or begin a new run.</source>
        <translation>请把文件恢复原样，或开始一次新的训练。</translation>
    </message>
    <message>
        <source>The adapter can&apos;t be written to {path}: {reason}.</source>
        <translation>无法把适配器写到 {path}：{reason}。</translation>
    </message>
    <message>
        <source>Choose another place for it, in a folder that exists and can be written.</source>
        <translation>请为它另选一个位置，文件夹须存在且可写。</translation>
    </message>
    <message>
        <source>The adapter does not do in llama.cpp what it did in training: a loss of {engine} instead of {trainer}, KL {kl} per token.</source>
        <translation>适配器在 llama.cpp 中的表现与训练时不同：损失为 {engine}，而不是 {trainer}，每个词元的 KL 为 {kl}。</translation>
    </message>
    <message>
        <source>Do not rely on this adapter; report it with the run&apos;s folder.</source>
        <translation>请勿依赖这个适配器；请连同训练的文件夹一起报告。</translation>
    </message>
    <message>
        <source>The model process speaks protocol {theirs}, this window speaks {ours}.</source>
        <translation>模型进程使用协议 {theirs}，而窗口使用协议 {ours}。</translation>
    </message>
    <message>
        <source>Two versions of chatapp are mixed: install it again.</source>
        <translation>混用了两个版本的 chatapp：请重新安装。</translation>
    </message>
    <message>
        <source>The model process sent something that can&apos;t be understood.</source>
        <translation>模型进程发来了无法理解的内容。</translation>
    </message>
    <message>
        <source>Reading or writing in {folder} failed: {reason}.</source>
        <translation>在 {folder} 中读写失败：{reason}。</translation>
    </message>
    <message>
        <source>Check that the disk is not full and that the folder can be written, then try again.</source>
        <translation>请确认磁盘未满且该文件夹可写，然后重试。</translation>
    </message>
    <message>
        <source>The data folder {folder} can&apos;t be used: {reason}.</source>
        <translation>无法使用数据文件夹 {folder}：{reason}。</translation>
    </message>
    <message>
        <source>Choose another with --data-dir DIR, or make it writable.</source>
        <translation>请用 --data-dir DIR 选择其他文件夹，或使其可写。</translation>
    </message>
    <message>
        <source>The chats in {folder} were written by a newer chatapp (format {theirs}).</source>
        <translation>{folder} 中的对话由更新版本的 chatapp 写入（格式 {theirs}）。</translation>
    </message>
    <message>
        <source>Install the newer version again, or choose another folder with --data-dir DIR.</source>
        <translation>请重新安装新版本，或用 --data-dir DIR 选择其他文件夹。</translation>
    </message>
    <message>
        <source>The file of your chats in {folder} is damaged ({reason}).</source>
        <translation>{folder} 中的对话文件已损坏（{reason}）。</translation>
    </message>
    <message>
        <source>Nothing in it was changed. To go on, move chatapp.sqlite3 out of that folder or use --data-dir DIR.</source>
        <translation>文件未被改动。要继续使用，请将 chatapp.sqlite3 移出该文件夹，或使用 --data-dir DIR。</translation>
    </message>
    <message>
        <source>The settings file could not be read and was kept as {path}.</source>
        <translation>无法读取设置文件，已另存为 {path}。</translation>
    </message>
    <message>
        <source>The default settings are used; repair that file or set them anew.</source>
        <translation>目前使用默认设置；请修复该文件或重新设置。</translation>
    </message>
    <message>
        <source>Some settings had values out of range and were reset: {names}.</source>
        <translation>部分设置的值超出范围，已重置：{names}。</translation>
    </message>
    <message>
        <source>The file as it was is kept as {path}; all other settings are as you left them.</source>
        <translation>原文件已另存为 {path}；其他设置保持不变。</translation>
    </message>
    <message>
        <source>chatapp is already open with the data folder {folder}.</source>
        <translation>chatapp 已在使用数据文件夹 {folder}。</translation>
    </message>
    <message>
        <source>Its window was brought to the front. For a second one: --data-dir DIR</source>
        <translation>已把它的窗口移到最前。要再开一个，请用：--data-dir DIR</translation>
    </message>
    <message>
        <source>Something went wrong inside chatapp ({reason}).</source>
        <translation>chatapp 内部出错了（{reason}）。</translation>
    </message>
    <message>
        <source>Your chats are safe. Try again; if it happens again, report it with the log.</source>
        <translation>你的对话是安全的。请重试；如果再次发生，请附上日志报告。</translation>
    </message>
    <message>
        <source>The file is no chat exported by chatapp: {reason}.</source>
        <translation>该文件不是 chatapp 导出的对话：{reason}。</translation>
    </message>
    <message>
        <source>Choose a .json file made with Export. Nothing was imported.</source>
        <translation>请选择用“导出”生成的 .json 文件。没有导入任何内容。</translation>
    </message>
    <message>
        <source>The chat in this file was exported by a newer chatapp (format {theirs}).</source>
        <translation>此文件中的对话由更新版本的 chatapp 导出（格式 {theirs}）。</translation>
    </message>
    <message>
        <source>Update chatapp, then import it again. Nothing was imported.</source>
        <translation>请更新 chatapp 后再导入。没有导入任何内容。</translation>
    </message>
    <message>
        <source>This token is only a part of a character, so the reply can&apos;t go on with it.</source>
        <translation>这个词元只是一个字符的一部分，回复不能从它继续。</translation>
    </message>
    <message>
        <source>Choose another token.</source>
        <translation>请选择别的词元。</translation>
    </message>
    <message>
        <source>Another program keeps the chats in {folder} locked.</source>
        <translation>另一个程序锁住了 {folder} 中的对话。</translation>
    </message>
    <message>
        <source>Close that program. An open window then writes by itself what is waiting; else try again.</source>
        <translation>请关闭那个程序。打开着的窗口随后会自动写入等待中的内容；否则请重试。</translation>
    </message>
    <message>
        <source>The disk of {folder} is full.</source>
        <translation>{folder} 所在的磁盘已满。</translation>
    </message>
    <message>
        <source>Make room on it. An open window then writes by itself what is waiting; else try again.</source>
        <translation>请腾出空间。打开着的窗口随后会自动写入等待中的内容；否则请重试。</translation>
    </message>
    <message>
        <source>The chats in {folder} can be read but not written.</source>
        <translation>{folder} 中的对话可以读取，但无法写入。</translation>
    </message>
    <message>
        <source>Make that folder and the files in it writable, or choose another folder with --data-dir DIR. An open window then writes by itself what is waiting.</source>
        <translation>请使该文件夹及其中的文件可写，或用 --data-dir DIR 选择其他文件夹。打开着的窗口随后会自动写入等待中的内容。</translation>
    </message>
    <message>
        <source>The damaged file of your chats in {folder} is still open in another program.</source>
        <translation>{folder} 中损坏的对话文件仍被另一个程序打开。</translation>
    </message>
    <message>
        <source>Close that program and start chatapp again: what can be read of the file is then saved.</source>
        <translation>请关闭那个程序并重新启动 chatapp：届时会保存文件中可读取的内容。</translation>
    </message>
    <message>
        <source>The file of your chats was damaged; {conversations} conversations with {messages} messages and the list of {models} models were saved from it.</source>
        <translation>对话文件已损坏；已从中救回 {conversations} 个对话、{messages} 条消息以及包含 {models} 个模型的列表。</translation>
    </message>
    <message>
        <source>The damaged file is kept as {path}.</source>
        <translation>损坏的文件保留为 {path}。</translation>
    </message>
    <message>
        <source>A folder, a pipe or a device stood in the place of a file of chatapp.</source>
        <translation>chatapp 的某个文件所在位置被文件夹、管道或设备占用。</translation>
    </message>
    <message>
        <source>It was moved to {path}.</source>
        <translation>它已被移到 {path}。</translation>
    </message>
    <message>
        <source>A backup of the chats could not be made in {folder}: {reason}.</source>
        <translation>无法在 {folder} 中备份对话：{reason}。</translation>
    </message>
    <message>
        <source>Your chats are as they were. Make room, or make the folder writable, and try again.</source>
        <translation>您的对话没有改变。请腾出空间或使该文件夹可写，然后重试。</translation>
    </message>
    <message>
        <source>A backup of the chats needs {needed} in {folder}, {free} are free.</source>
        <translation>备份对话需要在 {folder} 中有 {needed}，目前可用 {free}。</translation>
    </message>
    <message>
        <source>Your chats are as they were. Make room, then try again.</source>
        <translation>您的对话没有改变。请腾出空间，然后重试。</translation>
    </message>
    <message>
        <source>{conversations} conversations and {messages} messages were brought back from the backup.</source>
        <translation>已从备份中找回 {conversations} 个对话和 {messages} 条消息。</translation>
    </message>
    <message>
        <source>Nothing that was there has been changed. The backup is {path}.</source>
        <translation>原有内容没有改变。备份文件为 {path}。</translation>
    </message>
    <message>
        <source>No checksum of {name} is known: it is not in the library.</source>
        <translation>没有 {name} 的校验和：它不在模型库中。</translation>
    </message>
    <message>
        <source>Add it first: chatapp models add FILE.gguf</source>
        <translation>请先添加：chatapp models add FILE.gguf</translation>
    </message>
    <message>
        <source>{path} is not the file that was added: it has {actual} bytes, {expected} were expected.</source>
        <translation>{path} 不是当初添加的文件：它有 {actual} 字节，应为 {expected} 字节。</translation>
    </message>
    <message>
        <source>Fetch it again; if you replaced it yourself, add it again.</source>
        <translation>请重新获取该文件；如果是您自己替换的，请重新添加。</translation>
    </message>
    <message>
        <source>{path} is not the file that was added: its size is right, its SHA-256 is {actual} instead of {expected}.</source>
        <translation>{path} 不是当初添加的文件：大小正确，但 SHA-256 是 {actual}，应为 {expected}。</translation>
    </message>
    <message>
        <source>No model named {name} is in the library.</source>
        <translation>模型库中没有名为 {name} 的模型。</translation>
    </message>
    <message>
        <source>{bad} of {all} models are not as they were added.</source>
        <translation>{all} 个模型中有 {bad} 个与添加时不同。</translation>
    </message>
    <message>
        <source>Fetch them again, or take them off the list with: chatapp models remove NAME</source>
        <translation>请重新获取它们，或用以下命令从列表中移除：chatapp models remove NAME</translation>
    </message>
    <message>
        <source>The backup of {date} has {conversations} conversations and {messages} messages that are not here.</source>
        <translation>{date} 的备份中有 {conversations} 个对话和 {messages} 条消息在此处没有。</translation>
    </message>
    <message>
        <source>They can be brought back; nothing that is here is changed by it.</source>
        <translation>可以将它们找回；此处已有的内容不会改变。</translation>
    </message>
    <message>
        <source>The backup {path} can&apos;t be read: {reason}.</source>
        <translation>无法读取备份 {path}：{reason}。</translation>
    </message>
    <message>
        <source>Your chats are as they were. Older backups lie beside it.</source>
        <translation>您的对话没有改变。旁边还有更早的备份。</translation>
    </message>
    <message>
        <source>The data folder {folder} is in use by another chatapp that does not answer.</source>
        <translation>数据文件夹 {folder} 正被另一个没有响应的 chatapp 使用。</translation>
    </message>
    <message>
        <source>Close it, on another computer too. If there is none, delete the file {lock} and start again.</source>
        <translation>请关闭它（也可能在另一台电脑上）。如果没有，请删除文件 {lock} 并重新启动。</translation>
    </message>
    <message>
        <source>Some changes could not be saved yet.</source>
        <translation>有些更改尚未能保存。</translation>
    </message>
    <message>
        <source>They are saved as soon as the disk allows it. Close the window again to close it without them.</source>
        <translation>磁盘允许时会立即保存。再次关闭窗口则放弃这些更改并关闭。</translation>
    </message>
    <message>
        <source>{path} holds only the vocabulary of a model, without its weights.</source>
        <translation>{path} 只包含模型的词表，没有权重。</translation>
    </message>
    <message>
        <source>Choose the file with the whole model; it is much larger.</source>
        <translation>请选择包含完整模型的文件，它要大得多。</translation>
    </message>
    <message>
        <source>{path} is a LoRA adapter, not a whole model.</source>
        <translation>{path} 是 LoRA 适配器，不是完整的模型。</translation>
    </message>
    <message>
        <source>Choose the model it was made for, and give the adapter to chatapp generate, chat or score: --adapter</source>
        <translation>请选择它所对应的模型，并在 chatapp generate、chat 或 score 中用 --adapter 给出该适配器</translation>
    </message>
    <message>
        <source>{path} is the part of a model that reads pictures or sound; it writes no text.</source>
        <translation>{path} 是模型中读取图像或声音的部分，不生成文本。</translation>
    </message>
    <message>
        <source>Choose the language model that it belongs to.</source>
        <translation>请选择它所属的语言模型。</translation>
    </message>
    <message>
        <source>The architecture of {path}, {architecture}, is unknown to this chatapp.</source>
        <translation>此版本的 chatapp 不认识 {path} 的架构 {architecture}。</translation>
    </message>
    <message>
        <source>Update chatapp, or choose another model; a file of a known one may be damaged.</source>
        <translation>请更新 chatapp，或选择其他模型；若该架构本应受支持，文件可能已损坏。</translation>
    </message>
    <message>
        <source>{path} is part {number} of a model in {count} files.</source>
        <translation>{path} 是分为 {count} 个文件的模型的第 {number} 部分。</translation>
    </message>
    <message>
        <source>Choose the first file; the others are found beside it.</source>
        <translation>请选择第一个文件，其余文件会在同一文件夹中自动找到。</translation>
    </message>
    <message>
        <source>{path} is the first of {count} files, but its name does not end in {ending}.</source>
        <translation>{path} 是 {count} 个文件中的第一个，但其名称不以 {ending} 结尾。</translation>
    </message>
    <message>
        <source>Give the files the names they were published with, all in one folder.</source>
        <translation>请将这些文件恢复为发布时的名称，并放在同一文件夹中。</translation>
    </message>
    <message>
        <source>Some texts in {path} are not valid UTF-8: {keys}.</source>
        <translation>{path} 是 {count} 个文件中的第一个，但其名称不以 {ending} 结尾。</translation>
    </message>
    <message>
        <source>They are shown and used with replacement characters; the file may be damaged.</source>
        <translation>请将这些文件恢复为发布时的名称，并放在同一文件夹中。</translation>
    </message>
    <message>
        <source>{path} names special tokens that its vocabulary does not have: {keys}.</source>
        <translation>它们以替换字符显示和使用；文件可能已损坏。</translation>
    </message>
    <message>
        <source>Others are used in their place, so replies may not end where they should.</source>
        <translation>{path} 指定了其词表中不存在的特殊词元：{keys}。</translation>
    </message>
    <message>
        <source>llama.cpp can&apos;t write {path} in another type: {reason}.</source>
        <translation>llama.cpp 无法把 {path} 写成另一种类型：{reason}。</translation>
    </message>
    <message>
        <source>Use the file as it is; it is larger, and says the same.</source>
        <translation>请直接使用该文件；它更大，但内容相同。</translation>
    </message>
    <message>
        <source>{path} is not a LoRA adapter.</source>
        <translation>{path} 是 {count} 个文件中的第一个，但其名称不以 {ending} 结尾。</translation>
    </message>
    <message>
        <source>Choose an adapter in the GGUF format; a whole model is given with --model.</source>
        <translation>请将这些文件恢复为发布时的名称，并放在同一文件夹中。</translation>
    </message>
    <message>
        <source>The adapter {path} is damaged: {reason}.</source>
        <translation>{path} 不是 LoRA 适配器。</translation>
    </message>
    <message>
        <source>Fetch or make it again.</source>
        <translation>请选择 GGUF 格式的适配器；完整的模型用 --model 给出。</translation>
    </message>
    <message>
        <source>The adapter {path} does not fit the model: {reason}.</source>
        <translation>适配器 {path} 已损坏：{reason}。</translation>
    </message>
    <message>
        <source>Use it with the model it was made for.</source>
        <translation>请重新获取或重新制作。</translation>
    </message>
    <message>
        <source>llama.cpp can&apos;t load the adapter {path}: {reason}.</source>
        <translation>适配器 {path} 与模型不匹配：{reason}。</translation>
    </message>
    <message>
        <source>Use it with the model it was made for, or make it again.</source>
        <translation>请将它用于它所对应的模型。</translation>
    </message>
    <message>
        <source>No adapter is switched on.</source>
        <translation>没有开启任何适配器。</translation>
    </message>
    <message>
        <source>Switch one on at the top of the window, or add one there with the + button.</source>
        <translation>请在窗口顶部开启一个，或用那里的 + 按钮添加一个。</translation>
    </message>
    <message>
        <source>The model&apos;s logits are no longer numbers ({value}): no next token can be drawn.</source>
        <translation>模型的 logit 已不是数字（{value}），无法抽取下一个词元。</translation>
    </message>
    <message>
        <source>What was written is kept. The model file or an adapter is damaged: compare its checksum with the publisher&apos;s, or fetch it again.</source>
        <translation>已写出的内容会保留。模型文件或适配器已损坏：请与发布者给出的校验和比对，或重新获取。</translation>
    </message>
    <message>
        <source>{count} logit biases are too many.</source>
        <translation>{count} 个 logit 偏置太多了。</translation>
    </message>
    <message>
        <source>Give at most {limit}.</source>
        <translation>最多可给 {limit} 个。</translation>
    </message>
    <message>
        <source>The logit bias {text} can&apos;t be read.</source>
        <translation>无法读懂 logit 偏置 {text}。</translation>
    </message>
    <message>
        <source>Write the id of a token, an equals sign and a number, as in 123=-5.</source>
        <translation>请写成词元编号、等号和数字，例如 123=-5。</translation>
    </message>
    <message>
        <source>The logit bias names the token {token}, but this model&apos;s tokens end at {last}.</source>
        <translation>logit 偏置指定了词元 {token}，但此模型的词元编号只到 {last}。</translation>
    </message>
    <message>
        <source>Ids differ from model to model: change or remove it.</source>
        <translation>各模型的编号不同：请更改或删除它。</translation>
    </message>
    <message>
        <source>The token {token} was written by another model: this one&apos;s end at {last}.</source>
        <translation>词元 {token} 由另一个模型写出：此模型的词元编号到 {last} 为止。</translation>
    </message>
    <message>
        <source>Load the model that wrote the reply to try other settings on it.</source>
        <translation>请加载写出该回复的模型，再试用其他设置。</translation>
    </message>
    <message>
        <source>A grammar or JSON schema of {count} characters is too long.</source>
        <translation>{count} 个字符的语法或 JSON Schema 太长了。</translation>
    </message>
    <message>
        <source>Shorten it to at most {limit} characters.</source>
        <translation>请缩短到最多 {limit} 个字符。</translation>
    </message>
    <message>
        <source>The file {path} is empty, so it holds no grammar and no JSON schema.</source>
        <translation>文件 {path} 是空的，其中没有语法也没有 JSON Schema。</translation>
    </message>
    <message>
        <source>Name another file, or leave the option out to let the reply be free.</source>
        <translation>请指定另一个文件，或去掉该选项，让回复不受约束。</translation>
    </message>
    <message>
        <source>A reply can&apos;t follow a grammar and a JSON schema at once.</source>
        <translation>回复不能同时遵循语法和 JSON Schema。</translation>
    </message>
    <message>
        <source>Remove one of the two.</source>
        <translation>请删除其中之一。</translation>
    </message>
    <message>
        <source>The grammar can&apos;t be used: {reason}.</source>
        <translation>无法使用该语法：{reason}。</translation>
    </message>
    <message>
        <source>Correct it, or remove it to let the reply be free. Its language is GBNF.</source>
        <translation>请改正它，或将其删除，让回复不受约束。它的书写语言是 GBNF。</translation>
    </message>
    <message>
        <source>The JSON schema can&apos;t be used: {reason}.</source>
        <translation>无法使用该 JSON Schema：{reason}。</translation>
    </message>
    <message>
        <source>Correct it, or remove it to let the reply be free.</source>
        <translation>请改正它，或将其删除，让回复不受约束。</translation>
    </message>
    <message>
        <source>The grammar allows no token of this model here, and the reply is not complete.</source>
        <translation>语法在此处不允许此模型的任何词元，而回复尚未完整。</translation>
    </message>
    <message>
        <source>What was written is kept. Correct the grammar, or remove it.</source>
        <translation>已写出的内容会保留。请改正语法，或将其删除。</translation>
    </message>
    <message>
        <source>The grammar can read the reply so far in more than {limit} ways.</source>
        <translation>按此语法，到目前为止的回复有超过 {limit} 种读法。</translation>
    </message>
    <message>
        <source>What was written is kept. Make the grammar less ambiguous, or remove it.</source>
        <translation>已写出的内容会保留。请减少语法的歧义，或将其删除。</translation>
    </message>
    <message>
        <source>{text} is not a temperature.</source>
        <translation>{text} 不是温度。</translation>
    </message>
    <message>
        <source>Write numbers with blanks between them, as in 0 0.5 1.</source>
        <translation>请写用空格分隔的数字，例如 0 0.5 1。</translation>
    </message>
    <message>
        <source>The temperature {value} is there twice.</source>
        <translation>温度 {value} 出现了两次。</translation>
    </message>
    <message>
        <source>Name each once; how often it is tried is the number of seeds.</source>
        <translation>每个温度只写一次；试几次由种子数决定。</translation>
    </message>
    <message>
        <source>The list has {count} temperatures.</source>
        <translation>列表中有 {count} 个温度。</translation>
    </message>
    <message>
        <source>Name at least one and at most {limit}, with blanks between them.</source>
        <translation>请写 1 到 {limit} 个温度，用空格分隔。</translation>
    </message>
    <message>
        <source>chatapp did not end properly last time.</source>
        <translation>chatapp 上次没有正常结束。</translation>
    </message>
    <message>
        <source>Your chats are safe. A report without any of your texts was kept on this computer; nothing was sent.</source>
        <translation>您的对话都在。这台电脑上保存了一份不含您任何文字的报告；没有发送任何内容。</translation>
    </message>
    <message>
        <source>Something went wrong inside chatapp last time.</source>
        <translation>上次 chatapp 内部出了问题。</translation>
    </message>
    <message>
        <source>chatapp ended early twice in a row, so it was started in safe mode.</source>
        <translation>chatapp 连续两次刚启动就结束，因此这次以安全模式启动。</translation>
    </message>
    <message>
        <source>No model was loaded, the window has its usual place, and saved contexts are not used. Your settings are as you left them.</source>
        <translation>没有加载模型，窗口在默认位置，不使用已保存的上下文。您的设置保持不变。</translation>
    </message>
    <message>
        <source>chatapp was started in safe mode, as you wished.</source>
        <translation>已按您的要求以安全模式启动 chatapp。</translation>
    </message>
    <message>
        <source>{name} was not loaded by itself, since the model process stopped while loading it.</source>
        <translation>没有自动加载 {name}，因为上次加载它时模型进程停止了。</translation>
    </message>
    <message>
        <source>The file may be damaged or need more memory than is free. You can try it again or choose another.</source>
        <translation>文件可能已损坏，或需要的内存超过可用内存。您可以再试一次，或选择别的模型。</translation>
    </message>
    <message>
        <source>A folder for the run could not be made in {folder}: {reason}.</source>
        <translation>无法在 {folder} 中为训练建立文件夹：{reason}。</translation>
    </message>
    <message>
        <source>Make room, or make the folder writable, and start the run again.</source>
        <translation>请腾出空间，或使该文件夹可写，然后重新开始训练。</translation>
    </message>
    <message>
        <source>What the run in {folder} was asked for can&apos;t be read: {reason}.</source>
        <translation>无法读取 {folder} 中训练的设置：{reason}。</translation>
    </message>
    <message>
        <source>Start a new run; what this one wrote is still in its folder.</source>
        <translation>请开始新的训练；这次训练写出的文件仍在其文件夹中。</translation>
    </message>
    <message>
        <source>The run in {folder} could not be deleted: {reason}.</source>
        <translation>无法删除 {folder} 中的训练：{reason}。</translation>
    </message>
    <message>
        <source>Close programs that have its files open and try again.</source>
        <translation>请关闭正在使用其文件的程序，然后重试。</translation>
    </message>
    <message>
        <source>The training process stopped: {outcome}.</source>
        <translation>训练进程停止了：{outcome}。</translation>
    </message>
    <message>
        <source>Resume the run: it goes on from its last checkpoint. Where memory was short, choose a smaller batch or shorter examples.</source>
        <translation>请继续这次训练：它会从最后一个检查点继续。如果是内存不足，请选择更小的批量或更短的样本。</translation>
    </message>
    <message>
        <source>The process that looks at the data stopped: {outcome}.</source>
        <translation>检查数据的进程停止了：{outcome}。</translation>
    </message>
    <message>
        <source>Look again; if it stops every time, choose other data or another model.</source>
        <translation>请重试；如果每次都停止，请选择其他数据或其他模型。</translation>
    </message>
    <message>
        <source>The process that looks at the data gave no sign of life for {seconds} seconds and was ended.</source>
        <translation>查看数据的进程已 {seconds} 秒没有响应，已被结束。</translation>
    </message>
    <message>
        <source>A run is being trained already.</source>
        <translation>已经有一次训练正在进行。</translation>
    </message>
    <message>
        <source>Wait for its end, or stop it; its best adapter is kept.</source>
        <translation>请等它结束，或停止它；最佳的适配器会保留。</translation>
    </message>
    <message>
        <source>The training process is of another version of chatapp (it speaks {theirs}, not {ours}).</source>
        <translation>训练进程属于另一个版本的 chatapp（协议为 {theirs}，不是 {ours}）。</translation>
    </message>
    <message>
        <source>Install chatapp and its training component anew.</source>
        <translation>请重新安装 chatapp 及其训练组件。</translation>
    </message>
    <message>
        <source>{name} is not a kind of file that can be trained on.</source>
        <translation>{name} 不是可用于训练的文件类型。</translation>
    </message>
    <message>
        <source>Choose a .jsonl, .json, .csv or .txt file.</source>
        <translation>请选择 .jsonl、.json、.csv 或 .txt 文件。</translation>
    </message>
    <message>
        <source>None of your chats fits what was chosen.</source>
        <translation>没有符合所选条件的对话。</translation>
    </message>
    <message>
        <source>Choose more folders, an earlier date or fewer messages.</source>
        <translation>请选择更多文件夹、更早的日期或更少的消息数。</translation>
    </message>
    <message>
        <source>This run has no adapter in the PEFT format.</source>
        <translation>这次训练没有 PEFT 格式的适配器。</translation>
    </message>
    <message>
        <source>Its folder has the adapter as GGUF; chatapp can use that one.</source>
        <translation>它的文件夹中有 GGUF 格式的适配器，chatapp 可以使用。</translation>
    </message>
    <message>
        <source>A run is still being trained.</source>
        <translation>训练仍在进行。</translation>
    </message>
    <message>
        <source>It would end with the window.</source>
        <translation>关闭窗口会使它结束。</translation>
    </message>
    <message>
        <source>The training run has finished.</source>
        <translation>训练已完成。</translation>
    </message>
    <message>
        <source>See on the Fine-tune page what it came to.</source>
        <translation>可在“微调”页查看结果。</translation>
    </message>
    <message>
        <source>{path} can&apos;t be trained: {reason}.</source>
        <translation>无法训练 {path}：{reason}。</translation>
    </message>
    <message>
        <source>Choose another model; these architectures can be trained: {known}.</source>
        <translation>请选择另一个模型；可以训练的架构有：{known}。</translation>
    </message>
    <message>
        <source>In step {step} the {what} is no longer a number ({value}): training stopped.</source>
        <translation>第 {step} 步的 {what} 不再是数字（{value}）：训练已停止。</translation>
    </message>
    <message>
        <source>Lower the learning rate, which was {rate}, or lengthen the warm-up, and train again. The best adapter until then, where there was an evaluation, is kept in the run&apos;s folder.</source>
        <translation>请降低学习率（原为 {rate}）或延长预热，然后重新训练。此前若有评估，其中最好的适配器保存在训练的文件夹中。</translation>
    </message>
    <message>
        <source>There is not enough memory to train {path}.</source>
        <translation>内存不足，无法训练 {path}。</translation>
    </message>
    <message>
        <source>Choose a smaller batch, shorter examples, a smaller rank or packed memory, or a smaller model.</source>
        <translation>请选择较小的批次、较短的示例、较小的秩或压缩内存，或较小的模型。</translation>
    </message>
    <message>
        <source>PyTorch finds no device {device} on this computer.</source>
        <translation>PyTorch 在这台电脑上找不到设备 {device}。</translation>
    </message>
    <message>
        <source>Set the device to Auto. PyTorch can compute on: {devices}.</source>
        <translation>请把设备设为自动。PyTorch 可用的设备：{devices}。</translation>
    </message>
    <message>
        <source>The training run in {path} can&apos;t be read: {reason}.</source>
        <translation>无法读取 {path} 中的训练：{reason}。</translation>
    </message>
    <message>
        <source>Begin a new run with the same settings.</source>
        <translation>请用同样的设置开始一次新的训练。</translation>
    </message>
    <message>
        <source>The training run in {path} can&apos;t be written: {reason}.</source>
        <translation>无法写入 {path} 中的训练：{reason}。</translation>
    </message>
    <message>
        <source>Free space on the disk or check the folder&apos;s permissions, then go on with the run: its last checkpoint is kept.</source>
        <translation>请腾出磁盘空间或检查文件夹的权限，然后继续训练：最后的检查点已保存。</translation>
    </message>
    <message>
        <source>The training part holds no example with a token to learn.</source>
        <translation>训练部分没有含可学词元的示例。</translation>
    </message>
    <message>
        <source>Give more examples, or make the validation and test parts smaller.</source>
        <translation>请提供更多示例，或缩小验证和测试部分。</translation>
    </message>
    <message>
        <source>Fine-tuning needs the training component, which is not installed.</source>
        <translation>微调需要训练组件，但它尚未安装。</translation>
    </message>
    <message>
        <source>Install it on the Fine-tune page, or in a terminal: chatapp components install {name}</source>
        <translation>请在“微调”页面安装它，或在终端中运行：chatapp components install {name}</translation>
    </message>
    <message>
        <source>There is no component named {name}.</source>
        <translation>没有名为 {name} 的组件。</translation>
    </message>
    <message>
        <source>List what there is with: chatapp components list</source>
        <translation>可用以下命令列出现有组件：chatapp components list</translation>
    </message>
    <message>
        <source>The component is being installed or removed by another chatapp.</source>
        <translation>另一个 chatapp 正在安装或移除该组件。</translation>
    </message>
    <message>
        <source>Wait until that is done, or cancel it there.</source>
        <translation>请等待其完成，或在那里取消。</translation>
    </message>
    <message>
        <source>The component is in use by a training run.</source>
        <translation>该组件正被一次训练使用。</translation>
    </message>
    <message>
        <source>Wait until the run is done, or stop it, then try again.</source>
        <translation>请等待训练完成或将其停止，然后重试。</translation>
    </message>
    <message>
        <source>The component&apos;s folder {folder} could not be removed: {reason}.</source>
        <translation>无法移除组件的文件夹 {folder}：{reason}。</translation>
    </message>
    <message>
        <source>Close programs that use it and try again, or delete the folder by hand.</source>
        <translation>请关闭使用它的程序后重试，或手动删除该文件夹。</translation>
    </message>
    <message>
        <source>The component runs on Python 3.10 to 3.13, and none was found on this computer.</source>
        <translation>该组件需要 Python 3.10 至 3.13，而这台电脑上没有找到。</translation>
    </message>
    <message>
        <source>Install one together with its venv module (on Debian and Ubuntu the packages python3 and python3-venv), then try again.</source>
        <translation>请安装其中一个版本及其 venv 模块（在 Debian 和 Ubuntu 上是软件包 python3 和 python3-venv），然后重试。</translation>
    </message>
    <message>
        <source>{python} could not make an environment for the component: {reason}.</source>
        <translation>{python} 无法为组件创建环境：{reason}。</translation>
    </message>
    <message>
        <source>On Debian and Ubuntu install the package python3-venv, then try again; nothing was changed.</source>
        <translation>在 Debian 和 Ubuntu 上请安装软件包 python3-venv，然后重试；没有任何改动。</translation>
    </message>
    <message>
        <source>The component needs {needed} while it is installed; {free} are free in {folder}.</source>
        <translation>安装该组件时需要 {needed} 空间；{folder} 中只有 {free} 可用。</translation>
    </message>
    <message>
        <source>Make room on that disk, then try again.</source>
        <translation>请在该磁盘上腾出空间，然后重试。</translation>
    </message>
    <message>
        <source>The package index can&apos;t be reached, so the component can&apos;t be downloaded.</source>
        <translation>无法连接软件包索引，因此无法下载该组件。</translation>
    </message>
    <message>
        <source>Check the network, and the proxy and index settings of pip, then try again; packages that were complete are not downloaded twice.</source>
        <translation>请检查网络以及 pip 的代理和索引设置，然后重试；已完整下载的软件包不会重复下载。</translation>
    </message>
    <message>
        <source>There is no ready-made package {package} for this computer and its Python.</source>
        <translation>没有适用于这台电脑及其 Python 的现成软件包 {package}。</translation>
    </message>
    <message>
        <source>Try a newer version of chatapp, or install chatapp on another Python from 3.10 to 3.13 of 64 bits.</source>
        <translation>请尝试较新版本的 chatapp，或在另一个 64 位的 Python 3.10 至 3.13 上安装 chatapp。</translation>
    </message>
    <message>
        <source>The component could not be installed: {reason}.</source>
        <translation>无法安装该组件：{reason}。</translation>
    </message>
    <message>
        <source>What was half there is removed. Try again; the details say what pip answered.</source>
        <translation>未完成的部分已移除。请重试；详情中有 pip 的答复。</translation>
    </message>
    <message>
        <source>The component was installed but does not start on this computer: {reason}.</source>
        <translation>组件已安装，但无法在这台电脑上启动：{reason}。</translation>
    </message>
    <message>
        <source>It is removed again. The details say what is missing.</source>
        <translation>它已被移除。详情中说明缺少什么。</translation>
    </message>
</context>
<context>
    <name>options</name>
    <message>
        <source>Reply length limit</source>
        <translation>回复长度上限</translation>
    </message>
    <message>
        <source>The most tokens one reply may have. A token is a word piece of about four letters.</source>
        <translation>单条回复最多包含的词元数。词元是文本的最小片段，英文中约合四个字母。</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>Divides the logits before the softmax: p = softmax(logit / T). Low is careful, high is surprising; 0 always takes the most likely token.</source>
        <translation>在 softmax 之前将 logit 除以温度 T：p = softmax(logit / T)。值越低越稳妥，越高越多样；0 表示始终选择概率最高的词元。</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Only the k most likely tokens may be drawn. 0 switches it off.</source>
        <translation>只从最可能的 k 个词元中抽取。0 表示关闭。</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Only the smallest set of tokens whose probabilities add up to p may be drawn. 1 switches it off.</source>
        <translation>只从概率之和达到 p 的最小词元集合中抽取。1 表示关闭。</translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation>Min-p</translation>
    </message>
    <message>
        <source>Tokens less likely than this share of the most likely one are cut. 0 switches it off.</source>
        <translation>概率低于“最高概率 × 此值”的词元会被排除。0 表示关闭。</translation>
    </message>
    <message>
        <source>Repeat penalty</source>
        <translation>重复惩罚</translation>
    </message>
    <message>
        <source>Lowers the logits of the last 64 tokens&apos; ids: positive ones are divided by it. 1 switches it off.</source>
        <translation>降低最近 64 个词元的 logit：正值除以该值。1 表示关闭。</translation>
    </message>
    <message>
        <source>Typical</source>
        <translation>典型采样</translation>
    </message>
    <message>
        <source>Keeps the tokens whose surprise -ln p is nearest the entropy H of the distribution, until they add up to this share: smallest |H + ln p| first. 1 switches it off.</source>
        <translation>保留惊奇度 -ln p 最接近分布的熵 H 的词元，直到概率之和达到此比例：|H + ln p| 最小者优先。设为 1 即关闭。</translation>
    </message>
    <message>
        <source>Presence penalty</source>
        <translation>存在惩罚</translation>
    </message>
    <message>
        <source>Is subtracted from the logit of every token among the reply&apos;s last 64. 0 switches it off, less than 0 rewards repetition.</source>
        <translation>从回复最近 64 个词元中出现过的每个词元的 logit 中减去。设为 0 即关闭，小于 0 则鼓励重复。</translation>
    </message>
    <message>
        <source>Frequency penalty</source>
        <translation>频率惩罚</translation>
    </message>
    <message>
        <source>Is subtracted once for each time a token occurs among the reply&apos;s last 64: logit - n × penalty. 0 switches it off.</source>
        <translation>词元在回复最近 64 个词元中每出现一次就减去一次：logit - n × 惩罚。设为 0 即关闭。</translation>
    </message>
    <message>
        <source>DRY multiplier</source>
        <translation>DRY 系数</translation>
    </message>
    <message>
        <source>Lowers the logit of a token that would lengthen a repetition of n tokens by multiplier × base ^ (n - allowed length). 0 switches it off; 0.8 is a good start.</source>
        <translation>若某词元会使 n 个词元的重复继续延长，就将其 logit 降低 系数 × 底数 ^ (n - 允许长度)。设为 0 即关闭；可先试 0.8。</translation>
    </message>
    <message>
        <source>DRY base</source>
        <translation>DRY 底数</translation>
    </message>
    <message>
        <source>How fast the DRY penalty grows with the length of the repetition: by this factor for each token. It matters only where the DRY multiplier is above 0.</source>
        <translation>DRY 惩罚随重复长度增长的快慢：每多一个词元乘以此数。仅当 DRY 系数大于 0 时起作用。</translation>
    </message>
    <message>
        <source>DRY allowed length</source>
        <translation>DRY 允许长度</translation>
    </message>
    <message>
        <source>Repetitions of fewer tokens than this are not penalised. Line ends, colons, quotation marks and asterisks begin anew.</source>
        <translation>少于此词元数的重复不受惩罚。换行、冒号、引号和星号之后重新计算。</translation>
    </message>
    <message>
        <source>XTC probability</source>
        <translation>XTC 概率</translation>
    </message>
    <message>
        <source>How often the most likely tokens are excluded at a step: all those above the XTC threshold but the least likely of them. 0 switches it off.</source>
        <translation>每一步排除最可能的词元的概率：排除高于 XTC 阈值的全部词元，只留其中最不可能的一个。设为 0 即关闭。</translation>
    </message>
    <message>
        <source>XTC threshold</source>
        <translation>XTC 阈值</translation>
    </message>
    <message>
        <source>The probability from which a token counts as one of the most likely for XTC. Above 0.5 there is only ever one and nothing is excluded.</source>
        <translation>概率达到此值的词元，XTC 视为最可能的词元。高于 0.5 时最多只有一个，不会排除任何词元。</translation>
    </message>
    <message>
        <source>Top-n-sigma</source>
        <translation>Top-n-sigma</translation>
    </message>
    <message>
        <source>Keeps the tokens whose logit is at least max - n × σ, σ being the standard deviation of all logits. 0 switches it off; it cuts the same tokens at any temperature.</source>
        <translation>保留 logit 不小于 最大值 - n × σ 的词元，σ 是全部 logit 的标准差。设为 0 即关闭；无论温度多少，截去的词元都相同。</translation>
    </message>
    <message>
        <source>Mirostat</source>
        <translation>Mirostat</translation>
    </message>
    <message>
        <source>Cuts so that the surprise of the drawn tokens, -log2 p, stays near the target. It takes the place of top-k, top-p, min-p, typical, top-n-sigma and XTC, which are then not applied.</source>
        <translation>通过截断使所抽词元的惊奇度 -log2 p 保持在目标附近。它取代 top-k、top-p、min-p、典型采样、top-n-sigma 和 XTC，启用后这些都不再应用。</translation>
    </message>
    <message>
        <source>Version 1</source>
        <translation>版本 1</translation>
    </message>
    <message>
        <source>Version 2</source>
        <translation>版本 2</translation>
    </message>
    <message>
        <source>Mirostat target (τ)</source>
        <translation>Mirostat 目标（τ）</translation>
    </message>
    <message>
        <source>The surprise in bits that mirostat aims at. Low is careful, high is surprising.</source>
        <translation>Mirostat 力求达到的惊奇度（比特）。低则谨慎，高则出人意料。</translation>
    </message>
    <message>
        <source>Mirostat learning rate (η)</source>
        <translation>Mirostat 学习率（η）</translation>
    </message>
    <message>
        <source>How far mirostat corrects its cut μ after each token: μ - η × (surprise - τ). 0 never corrects it.</source>
        <translation>Mirostat 在每个词元之后对截断值 μ 的修正幅度：μ - η × (惊奇度 - τ)。设为 0 则从不修正。</translation>
    </message>
    <message>
        <source>Dynamic temperature</source>
        <translation>动态温度</translation>
    </message>
    <message>
        <source>Lets the temperature run from T - r where the model is certain to T + r where it is not: T - r + 2r × H / H max. 0 switches it off.</source>
        <translation>让温度从模型有把握时的 T - r 变到没有把握时的 T + r：T - r + 2r × H / H 最大值。设为 0 即关闭。</translation>
    </message>
    <message>
        <source>Most likely</source>
        <translation>最可能</translation>
    </message>
    <message>
        <source>Careful</source>
        <translation>谨慎</translation>
    </message>
    <message>
        <source>Balanced</source>
        <translation>平衡</translation>
    </message>
    <message>
        <source>Inventive</source>
        <translation>有创意</translation>
    </message>
    <message>
        <source>The model&apos;s own distribution</source>
        <translation>模型本身的分布</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>The language of the window; it changes at once.</source>
        <translation>界面语言，更改后立即生效。</translation>
    </message>
    <message>
        <source>Like the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>The colours of the window.</source>
        <translation>界面的配色。</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Zoom (%)</source>
        <translation>缩放（%）</translation>
    </message>
    <message>
        <source>The size of all text. Ctrl and + or − change it too, Ctrl and 0 resets it.</source>
        <translation>所有文字的大小。也可按 Ctrl + 或 Ctrl − 调整，按 Ctrl 0 恢复默认。</translation>
    </message>
    <message>
        <source>Context length</source>
        <translation>上下文长度</translation>
    </message>
    <message>
        <source>How many tokens of conversation the model sees at once; more needs more memory. Auto takes what the model was trained for, at most 8192.</source>
        <translation>模型一次能看到多少词元的对话；越多越占内存。“自动”采用模型训练时的长度，最多 8192。</translation>
    </message>
    <message>
        <source>How many processor cores compute. Auto takes the physical cores that other programs leave free, measured all the time; a number is kept to.</source>
        <translation>用于计算的处理器核心数。“自动”会持续测量，使用其他程序空出的物理核心；填写数字则固定不变。</translation>
    </message>
    <message>
        <source>Layers on the GPU</source>
        <translation>GPU 上的层数</translation>
    </message>
    <message>
        <source>How much of the model a graphics card computes, where this build supports one. Auto takes as many layers as fit in its memory, 0 none.</source>
        <translation>模型中由显卡计算的层数（需此版本支持显卡）。“自动”放入显存能容纳的最多层数，0 表示不用显卡。</translation>
    </message>
    <message>
        <source>KV cache precision</source>
        <translation>KV 缓存精度</translation>
    </message>
    <message>
        <source>How exactly keys and values of the tokens read are kept. Fewer bits need less memory and change the probabilities a little.</source>
        <translation>已读词元的键和值以多高的精度保存。位数越少越省内存，概率会略有变化。</translation>
    </message>
    <message>
        <source>16 bits</source>
        <translation>16 位</translation>
    </message>
    <message>
        <source>8 bits</source>
        <translation>8 位</translation>
    </message>
    <message>
        <source>4 bits</source>
        <translation>4 位</translation>
    </message>
    <message>
        <source>Sandbox</source>
        <translation>沙盒</translation>
    </message>
    <message>
        <source>On Linux the model&apos;s process can then open nothing but its model and the saved contexts, reach no network and start no program, whatever the model file does to it. Switch it off only where a model does not run with it.</source>
        <translation>在 Linux 上，无论模型文件对它做什么，模型进程都只能打开自己的模型和保存的上下文，不能访问网络，也不能启动程序。只有在模型无法在其中运行时才关闭它。</translation>
    </message>
    <message>
        <source>Saved contexts (GB)</source>
        <translation>保存的上下文（GB）</translation>
    </message>
    <message>
        <source>Room on the disk for what the model has read of your chats, so that a chat opened again answers at once. The least recently used are deleted first.</source>
        <translation>磁盘上用于保存模型已读对话内容的空间，使重新打开的对话立即可以回答。最久未用的先删除。</translation>
    </message>
    <message>
        <source>Colour replies by</source>
        <translation>回复着色依据</translation>
    </message>
    <message>
        <source>Colours each token by what the model thought of it: its probability p, its surprisal -log2 p, the entropy of all alternatives, or its rank among them. Replies then show as plain text.</source>
        <translation>按模型对每个词元的看法着色：概率 p、惊异度 -log2 p、所有备选的熵，或它的名次。此时回复显示为纯文本。</translation>
    </message>
    <message>
        <source>Probability</source>
        <translation>概率</translation>
    </message>
    <message>
        <source>Surprisal</source>
        <translation>惊异度</translation>
    </message>
    <message>
        <source>Entropy</source>
        <translation>熵</translation>
    </message>
    <message>
        <source>Rank</source>
        <translation>名次</translation>
    </message>
    <message>
        <source>The width r of the two small matrices A (r × in) and B (out × r) that are trained for each weight. More can learn more, and needs more memory and data.</source>
        <translation>为每个权重训练的两个小矩阵 A（r × in）和 B（out × r）的宽度 r。越大能学到越多，也需要更多内存和数据。</translation>
    </message>
    <message>
        <source>Alpha</source>
        <translation>Alpha</translation>
    </message>
    <message>
        <source>How strongly the adapter is added: W + (alpha / rank) · B A. Twice the rank is usual.</source>
        <translation>适配器叠加的强度：W + (alpha / rank) · B A。通常取秩的两倍。</translation>
    </message>
    <message>
        <source>Dropout</source>
        <translation>Dropout</translation>
    </message>
    <message>
        <source>The share of the adapter&apos;s inputs set to zero at each step, against over-fitting. 0 switches it off.</source>
        <translation>每一步中适配器输入被置零的比例，用于防止过拟合。0 表示关闭。</translation>
    </message>
    <message>
        <source>Trained weights</source>
        <translation>训练的权重</translation>
    </message>
    <message>
        <source>Which weights get an adapter: those of attention alone, or those of the MLP as well.</source>
        <translation>哪些权重带适配器：只有注意力的权重，还是也包括 MLP 的权重。</translation>
    </message>
    <message>
        <source>Attention and MLP</source>
        <translation>注意力和 MLP</translation>
    </message>
    <message>
        <source>Attention only</source>
        <translation>仅注意力</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>How far each step goes. Too high and the loss jumps, too low and it hardly falls.</source>
        <translation>每一步走多远。太高损失会跳动，太低则几乎不下降。</translation>
    </message>
    <message>
        <source>Schedule</source>
        <translation>学习率调度</translation>
    </message>
    <message>
        <source>How the learning rate changes after the warm-up until the last step.</source>
        <translation>预热之后到最后一步，学习率如何变化。</translation>
    </message>
    <message>
        <source>Cosine, to 0</source>
        <translation>余弦，降到 0</translation>
    </message>
    <message>
        <source>Linear, to 0</source>
        <translation>线性，降到 0</translation>
    </message>
    <message>
        <source>Constant</source>
        <translation>恒定</translation>
    </message>
    <message>
        <source>Warm-up</source>
        <translation>预热</translation>
    </message>
    <message>
        <source>The share of all steps in which the learning rate rises from 0.</source>
        <translation>学习率从 0 升起所占的步数比例。</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>批量</translation>
    </message>
    <message>
        <source>How many examples are computed at once. More needs more memory.</source>
        <translation>一次计算多少个样本。越多需要的内存越多。</translation>
    </message>
    <message>
        <source>Accumulate</source>
        <translation>梯度累积</translation>
    </message>
    <message>
        <source>How many batches make one step: as a larger batch would, without its memory.</source>
        <translation>多少个批量合成一步：效果如同更大的批量，但不需要那么多内存。</translation>
    </message>
    <message>
        <source>Epochs</source>
        <translation>轮数</translation>
    </message>
    <message>
        <source>How often the training part is gone through.</source>
        <translation>训练部分要过几遍。</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>步数</translation>
    </message>
    <message>
        <source>How many steps to train, whatever the epochs are.</source>
        <translation>训练多少步，不论轮数是多少。</translation>
    </message>
    <message>
        <source>By epochs</source>
        <translation>按轮数</translation>
    </message>
    <message>
        <source>Minutes</source>
        <translation>分钟</translation>
    </message>
    <message>
        <source>Training ends after this time, with what it has reached.</source>
        <translation>到时间后训练结束，保留已达到的结果。</translation>
    </message>
    <message>
        <source>No limit</source>
        <translation>不限</translation>
    </message>
    <message>
        <source>Weight decay</source>
        <translation>权重衰减</translation>
    </message>
    <message>
        <source>Pulls the trained weights towards 0 at each step (AdamW).</source>
        <translation>每一步把训练的权重拉向 0（AdamW）。</translation>
    </message>
    <message>
        <source>Longest example</source>
        <translation>最长样本</translation>
    </message>
    <message>
        <source>In tokens; what goes beyond is cut off. Longer needs more memory.</source>
        <translation>以词元计；超出部分会截断。越长需要的内存越多。</translation>
    </message>
    <message>
        <source>Packing</source>
        <translation>打包</translation>
    </message>
    <message>
        <source>Puts several short examples in one row, each blind to the others, so that less of a batch is padding.</source>
        <translation>把几个短样本放在一行，彼此不可见，以减少批量中的填充。</translation>
    </message>
    <message>
        <source>Steps between evaluations</source>
        <translation>评估间隔步数</translation>
    </message>
    <message>
        <source>How often the validation loss is measured and samples are written.</source>
        <translation>每隔多久测量验证损失并写出示例回复。</translation>
    </message>
    <message>
        <source>Ten times a run</source>
        <translation>每次训练十次</translation>
    </message>
    <message>
        <source>Patience</source>
        <translation>耐心</translation>
    </message>
    <message>
        <source>Training ends early when the validation loss has not fallen in this many evaluations. The best adapter is kept in any case.</source>
        <translation>验证损失连续这么多次评估都没有下降时，训练提前结束。无论如何都会保留最佳的适配器。</translation>
    </message>
    <message>
        <source>Validation part</source>
        <translation>验证部分</translation>
    </message>
    <message>
        <source>The share of the examples that is not trained on and tells when training goes too far.</source>
        <translation>不用于训练的样本比例，用来判断训练是否过度。</translation>
    </message>
    <message>
        <source>Test part</source>
        <translation>测试部分</translation>
    </message>
    <message>
        <source>The share of the examples that nothing is decided by; it is measured once, at the end.</source>
        <translation>不影响任何决定的样本比例，只在最后测量一次。</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>Of the split, of the order of examples and of A&apos;s first values: the same seed, the same run.</source>
        <translation>用于划分数据、样本顺序和 A 的初始值：种子相同，训练相同。</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Dense unpacks the model&apos;s weights once and is fastest; packed leaves them quantised, unpacks a layer at a time and computes activations twice. Auto takes dense where it fits.</source>
        <translation>“展开”一次性展开模型权重，速度最快；“压缩”保持量化，每次展开一层，激活值计算两次。“自动”在放得下时选择展开。</translation>
    </message>
    <message>
        <source>Dense</source>
        <translation>展开</translation>
    </message>
    <message>
        <source>Packed</source>
        <translation>压缩</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>What computes. Auto takes a graphics card where PyTorch can use one.</source>
        <translation>用什么计算。“自动”在 PyTorch 能用显卡时使用显卡。</translation>
    </message>
    <message>
        <source>Mark tokens with</source>
        <translation>词元标记方式</translation>
    </message>
    <message>
        <source>Colours behind the words, or lines below them that can be told apart without colour.</source>
        <translation>词语背后的颜色，或词语下方不靠颜色也能分辨的线。</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>颜色</translation>
    </message>
    <message>
        <source>Lines</source>
        <translation>线</translation>
    </message>
    <message>
        <source>Alternatives kept per token</source>
        <translation>每个词元保留的备选数</translation>
    </message>
    <message>
        <source>How many of the most likely tokens are recorded at each step, with their probabilities before and after sampling. They take about 100 bytes a token on the disk at 20.</source>
        <translation>每一步记录多少个最可能的词元，以及它们采样前后的概率。保留 20 个时每个词元约占磁盘 100 字节。</translation>
    </message>
    <message>
        <source>Send with</source>
        <translation>发送键</translation>
    </message>
    <message>
        <source>The key that sends a message. Shift+Enter always starts a new line in it.</source>
        <translation>发送消息的按键。Shift+Enter 始终换行。</translation>
    </message>
    <message>
        <source>Tell when a reply is finished</source>
        <translation>回复完成时通知</translation>
    </message>
    <message>
        <source>While you work in another window; this one then asks for attention.</source>
        <translation>当您在其他窗口中工作时；本窗口会提示您注意。</translation>
    </message>
    <message>
        <source>On</source>
        <translation>开</translation>
    </message>
    <message>
        <source>When the context is full</source>
        <translation>上下文已满时</translation>
    </message>
    <message>
        <source>What happens when a chat has more tokens than the model can see: the oldest messages are left out of the prompt, and the chat says so, or it stops with a message.</source>
        <translation>当对话的词元数超过模型能看到的范围时：从提示词中略去最早的消息并在对话中说明，或停止并给出提示。</translation>
    </message>
    <message>
        <source>Leave out the oldest</source>
        <translation>略去最早的消息</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation>对话模板</translation>
    </message>
    <message>
        <source>How messages become one text. The model&apos;s own is what it was trained with; the plain one (User: … Assistant: …) helps where that one fails.</source>
        <translation>消息如何组成一段文本。模型自带的模板是它训练时所用的；若无法使用，可改用简单格式（User: … Assistant: …）。</translation>
    </message>
    <message>
        <source>The model&apos;s own</source>
        <translation>模型自带</translation>
    </message>
    <message>
        <source>Plain</source>
        <translation>简单格式</translation>
    </message>
    <message>
        <source>Auto</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>线程数</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Engine</source>
        <translation>引擎</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>采样</translation>
    </message>
    <message>
        <source>Rank r</source>
        <translation>秩 r</translation>
    </message>
</context>
<context>
    <name>tabs</name>
    <message>
        <source>Chat</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Lab</source>
        <translation>实验室</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>对比</translation>
    </message>
    <message>
        <source>Fine-tune</source>
        <translation>微调</translation>
    </message>
</context>
</TS>
