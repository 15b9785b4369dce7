/**
 * The load generator: a process of its own that pours pre-signed messages into a running network.
 *
 * It registers its devices and signs all messages first; then it keeps a number of requests under way
 * at every node until the messages are used up or time is over. The last line of `--json` is a report.
 *
 * @module
 */

import '../../node/shims.ts'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { EXIT_READER_GONE, quietPipes } from '../../node/cli/quiet-pipes.ts'
import { reportError } from '../../node/cli/run.ts'
import { milliseconds, whole } from './bench-text.ts'
import { prepareLoad } from './load-fleet.ts'
import { type LoadTally, pour } from './load-lanes.ts'
import { createLoadProgram, type LoadWish } from './load-program.ts'
import type { SignedMessage } from './messages.ts'

const EXIT_NOTHING_TAKEN = 1

// What it would pour is for its parent alone.
quietPipes(process).addEventListener('abort', () => process.exit(EXIT_READER_GONE))

const isVerbose = process.argv.includes('--verbose')

async function run(wish: LoadWish): Promise<void> {
  const say = (line: string): void => {
    if (!wish.isJson) process.stdout.write(`${line}\n`)
  }
  const chains = await prepareLoad(wish, say)
  const rate = wish.awaitsGo ? await nextRate() : undefined
  const asked = rate ?? wish.rate
  const { urls, inflight, seconds, depth, batch } = wish
  const paced = asked === undefined ? {} : { rate: asked }
  say(`pouring for ${seconds} s`)
  const tally = await pour({ nodeUrls: urls, chains, inflight, seconds, depth, batch, ...paced })
  const { takenIds, ...counts } = tally
  if (wish.taken !== undefined) writeFileSync(wish.taken, Buffer.concat(takenIds))
  for (const line of summary(tally)) say(line)
  const report = { taken: takenIds.length, ...counts, bytesPerMessage: bytesPerMessage(chains) }
  if (wish.isJson) process.stdout.write(`${JSON.stringify(report)}\n`)
  process.exit(takenIds.length > 0 || wish.awaitsGo ? 0 : EXIT_NOTHING_TAKEN)
}

/** Says that everything is signed, and waits for a line: `go`, or `go` and messages a second. */
async function nextRate(): Promise<number | undefined> {
  process.stdout.write('ready\n')
  const line = await new Promise<string>((resolve) =>
    createInterface({ input: process.stdin }).once('line', resolve)
  )
  const rate = Number(line.split(' ')[1] ?? Number.NaN)
  return Number.isFinite(rate) && rate > 0 ? rate : undefined
}

function bytesPerMessage(chains: readonly (readonly SignedMessage[])[]): number {
  const messages = chains.flat()
  return messages.reduce((sum, { wire }) => sum + wire.length, 0) / Math.max(1, messages.length)
}

function summary({ takenIds, refused, busy, seconds, ...tally }: LoadTally): readonly string[] {
  const { dryAfterSeconds, busyAnswers } = tally
  const { retryAfterSeconds: retry, codes } = busyAnswers
  const told = Object.entries(codes).map(([code, count]) => `${whole(count)} ${code}`)
  return [
    `taken     ${whole(takenIds.length)} in ${seconds.toFixed(1)} s, ${whole(takenIds.length / seconds)}/s`,
    `refused   ${whole(refused)}`,
    `to wait   ${whole(busy)}${told.length === 0 ? '' : `: ${told.join(', ')}`}`,
    ...(retry === null
      ? []
      : [
          `          told so within ${milliseconds(busyAnswers.p50Ms)}, 99 of 100 within ${milliseconds(busyAnswers.p99Ms)}; Retry-After ${retry.least} to ${retry.most} s`
        ]),
    ...(dryAfterSeconds === null
      ? []
      : [`ran dry   after ${dryAfterSeconds.toFixed(1)} s: sign more by --messages or --devices`])
  ]
}

try {
  await createLoadProgram(run).parseAsync(process.argv.slice(2), { from: 'user' })
} catch (error) {
  process.exit(reportError(error, { stderr: process.stderr, isVerbose }))
}
