/**
 * The entry of the chaos rows: runs them, prints a table, and ends with 0 if none failed.
 *
 * However it ends, what the rows have started, mounted and written is taken away again.
 *
 * @module
 */

import '../../node/shims.ts'
import { EXIT_READER_GONE, quietPipes } from '../../node/cli/quiet-pipes.ts'
import { reportError } from '../../node/cli/run.ts'
import { type ChaosWish, createChaosProgram } from './chaos-program.ts'
import { resultLine, resultsTable } from './results-table.ts'
import { runRows } from './run-rows.ts'
import type { UndoStack } from './undo-stack.ts'

const EXIT_FAILED = 1
const EXIT_INTERRUPTED = 130
const isVerbose = process.argv.includes('--verbose')
const failed = (error: unknown): number => reportError(error, { stderr: process.stderr, isVerbose })
let undo: UndoStack | undefined

// Settings for a node of one's own must not reach the nodes of a row.
for (const name of Object.keys(process.env))
  if (name.startsWith('THINGMOOT_')) delete process.env[name]

function endWith(code: number): void {
  const undoing = undo?.run() ?? Promise.resolve()
  undoing.catch(failed).finally(() => process.exit(code))
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => endWith(EXIT_INTERRUPTED))
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => endWith(failed(error)))
quietPipes(process).addEventListener('abort', () => endWith(EXIT_READER_GONE))

async function run({ isJson, isList, ...options }: ChaosWish): Promise<void> {
  const say = (line: string): void => {
    if (!isJson) process.stdout.write(`${line}\n`)
  }
  if (isList) {
    for (const { id, title, needs } of options.rows)
      process.stdout.write(`${id}  ${title}${needs.length === 0 ? '' : ` (${needs.join(', ')})`}\n`)
    return
  }
  const results = await runRows(options, {
    note: (line) => say(`  ${line}`),
    onResult: (result) => say(resultLine(result)),
    onUndo: (stack) => {
      undo = stack
    }
  })
  say('')
  for (const line of resultsTable(results)) say(line)
  if (isJson) process.stdout.write(`${JSON.stringify({ rows: results })}\n`)
  process.exitCode = results.some(({ result }) => result === 'failed') ? EXIT_FAILED : 0
}

try {
  await createChaosProgram(run).parseAsync(process.argv.slice(2), { from: 'user' })
  process.exit()
} catch (error) {
  endWith(failed(error))
}
