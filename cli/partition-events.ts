import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { RecordedEvent } from '../domain/backtest/recorded.ts'
import { fractionOf } from '../domain/random.ts'

const PARTS = 64
/** A part that is larger is parted again. One customer's events always stay together. */
const PART_BYTES_MAX = 8 * 1024 * 1024
/** Deeper it is one customer who has that much. */
const DEPTH_MAX = 4
/** Text collected before it is written. */
const WRITE_BYTES = 64 * 1024

/**
 * Events in any order as customers, each with all of theirs, in the order of the rows. Goes through
 * temporary files, parted by a hash of the customer and read one after the other, so that memory holds
 * some megabytes however many customers there are. The files are gone when the loop ends, also early.
 *
 * Cost: every row is written and read once, twice where a part grows too large.
 */
export async function* customersOf(
  rows: AsyncIterable<RecordedEvent>,
  { bytesMax = PART_BYTES_MAX }: { bytesMax?: number } = {},
): AsyncGenerator<{ userId: string; events: RecordedEvent[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'rumbo-backtest-'))
  try {
    yield* customersIn(rows, { folder, bytesMax, depth: 0 })
  } finally {
    await rm(folder, { recursive: true })
  }
}

interface Parting {
  readonly folder: string
  readonly bytesMax: number
  readonly depth: number
}

async function* customersIn(
  rows: AsyncIterable<RecordedEvent>,
  parting: Parting,
): AsyncGenerator<{ userId: string; events: RecordedEvent[] }> {
  const { bytesMax, depth } = parting
  for (const part of await partEvents(rows, parting)) {
    if (part.bytes > bytesMax && depth < DEPTH_MAX)
      yield* customersIn(readPart(part.path), { ...parting, depth: depth + 1 })
    else yield* groupByCustomer(readPart(part.path))
    await rm(part.path)
  }
}

async function* groupByCustomer(
  rows: AsyncIterable<RecordedEvent>,
): AsyncGenerator<{ userId: string; events: RecordedEvent[] }> {
  const customers = new Map<string, RecordedEvent[]>()
  for await (const row of rows) {
    const events = customers.get(row.userId)
    if (events === undefined) customers.set(row.userId, [row])
    else events.push(row)
  }
  for (const [userId, events] of customers) yield { userId, events }
}

interface Part {
  readonly path: string
  readonly bytes: number
}

/** Writes each row to the file of its customer's part. Answers the files that hold something. */
async function partEvents(
  rows: AsyncIterable<RecordedEvent>,
  { folder, depth }: Parting,
): Promise<Part[]> {
  const within = await mkdtemp(join(folder, `${depth}-`))
  const parts = Array.from(
    { length: PARTS },
    (_, number) => new PartFile(join(within, `${number}`)),
  )
  try {
    for await (const row of rows) {
      const number = Math.floor(fractionOf(`${depth}:${row.userId}`) * PARTS)
      await parts[number]?.write(`${JSON.stringify(row)}\n`)
    }
  } finally {
    await Promise.all(parts.map((part) => part.close()))
  }
  return parts.filter(({ bytes }) => bytes > 0)
}

/** A file that is made with its first line. */
class PartFile implements Part {
  readonly path: string
  bytes = 0
  #handle: FileHandle | null = null
  #text = ''

  constructor(path: string) {
    this.path = path
  }

  /** Resolves at once but for one line in many. */
  write(line: string): Promise<void> | undefined {
    this.#text += line
    return this.#text.length < WRITE_BYTES ? undefined : this.#flush()
  }

  async close(): Promise<void> {
    if (this.#text !== '') await this.#flush()
    await this.#handle?.close()
  }

  async #flush(): Promise<void> {
    const text = this.#text
    this.#text = ''
    this.#handle ??= await open(this.path, 'a')
    await this.#handle.appendFile(text)
    this.bytes += text.length
  }
}

async function* readPart(path: string): AsyncGenerator<RecordedEvent> {
  for await (const line of createInterface({ input: createReadStream(path) }))
    yield JSON.parse(line) as RecordedEvent
}
