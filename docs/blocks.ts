/** Text between `<!-- NAME: … -->` and `<!-- /NAME -->` is made from the source named by NAME. */
const block = /^(<!-- ([\w-]+): [^\n]*-->\n)[\s\S]*?^(<!-- \/\2 -->)$/gm

/** Puts `texts` into the blocks of their names. @throws Error for a block that has no text, and a text without block */
export function fillBlocks(markdown: string, texts: Readonly<Record<string, string>>): string {
  const left = new Set(Object.keys(texts))
  const filled = markdown.replaceAll(block, (_whole, open: string, name: string, close: string) => {
    const text = texts[name]
    if (text === undefined) throw new Error(`nothing is made for the block '${name}'`)
    left.delete(name)
    return `${open}\n${text}\n${close}`
  })
  if (left.size > 0) throw new Error(`the document has no block ${[...left].join(', ')}`)
  return filled
}
