/** Fields of one block of a report, by their names in small letters. */
export type ReportFields = ReadonlyMap<string, string>

/**
 * The blocks of a machine-readable report, which are parted by empty lines. Where a field stands twice
 * in a block, the first one counts. Lines that are no fields are passed over.
 */
export function reportBlocks(text: string): ReportFields[] {
  const unfolded = text.replaceAll(/\r\n?/g, '\n').replaceAll(/\n[ \t]+(?=\S)/g, ' ')
  return unfolded
    .split(/\n[ \t]*\n/)
    .map(fieldsOf)
    .filter(({ size }) => size > 0)
}

function fieldsOf(block: string): ReportFields {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([!-9;-~]+)[ \t]*:(.*)$/.exec(line) ?? []
    const key = name.toLowerCase()
    if (key !== '' && !fields.has(key)) fields.set(key, value.trim())
  }
  return fields
}
