/** What people who know other languages write, and what CEL has in its place. */
const SLIPS: readonly (readonly [RegExp, string])[] = [
  [/^\s*$/, 'Write a condition, or leave the field out.'],
  [/["']/, 'A text needs its closing quote.'],
  [/===|!==/, 'Compare with "==" or "!=".'],
  [/(?<![=!<>])=(?!=)/, 'Compare with "==".'],
  [/<>/, 'Compare with "!=".'],
  [/\b(and|or|not)\b/i, 'Write "&&" for and, "||" for or, "!" for not.'],
  [/(?<!&)&(?!&)|(?<!\|)\|(?!\|)/, 'Write "&&" for and, "||" for or.'],
  [/[“”‘’]/, 'Use straight quotes.'],
]

/** A quoted text, or one that lacks its end: then there is no second group. */
const QUOTED = /(["'])(?:(?!\1)[^\\]|\\(?:.|$))*(\1|$)/gs

/** What to write instead, for a source that is not CEL. Cost: linear. */
export function syntaxAdvice(source: string): string {
  const bare = source.replaceAll(QUOTED, (_, quote: string, end: string) =>
    end === '' ? quote : '0',
  )
  return SLIPS.find(([slip]) => slip.test(bare))?.[1] ?? 'Check brackets, quotes and operators.'
}
