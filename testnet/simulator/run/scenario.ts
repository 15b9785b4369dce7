/**
 * Scenarios: scripts of what happens, with what came of it, compared word by word.
 *
 * In the manner of the test data of etcd's raft: who reads one learns how the ledger behaves,
 * and who changes that sees the change.
 *
 * @module
 */

import { usage } from '../../../node/cli/command.ts'
import { NodeError } from '../../../node/errors.ts'
import { failureOf } from '../run-plan.ts'
import { SCENARIO_COMMANDS } from './scenario-commands.ts'
import { readBlocks, type ScenarioCommand, writeBlock } from './scenario-text.ts'
import { ScenarioWorld } from './scenario-world.ts'

/**
 * Plays a scenario.
 *
 * @returns its text with the output that came
 * @throws NodeError USAGE_WRONG for a command that cannot be meant
 */
export async function playScenario(name: string, text: string): Promise<string> {
  const scene = new ScenarioWorld()
  const lines: string[] = []
  let isOver = false
  const onRejection = (error: unknown): void => scene.onRejection(error)
  process.on('unhandledRejection', onRejection)
  try {
    for (const block of readBlocks(text)) {
      const output: string[] = []
      for (const command of block.commands) {
        if (isOver) break
        try {
          output.push(...(await carryOut(scene, name, command)))
        } catch (error) {
          if (error instanceof NodeError && error.code === 'USAGE_WRONG') throw error
          const { invariant, message } = failureOf(error, 0)
          output.push(`BROKEN ${invariant}: ${message.split('\n')[0]}`)
          isOver = true
        }
      }
      lines.push(...writeBlock(block, output))
    }
  } finally {
    process.off('unhandledRejection', onRejection)
  }
  return `${lines.join('\n')}\n`
}

async function carryOut(
  scene: ScenarioWorld,
  name: string,
  { line, text }: ScenarioCommand
): Promise<readonly string[]> {
  if (text.startsWith('#')) return []
  const [verb = '', ...words] = text.trim().split(/\s+/)
  const command = SCENARIO_COMMANDS[verb]
  try {
    if (command === undefined)
      throw usage(`there is no "${verb}", only ${Object.keys(SCENARIO_COMMANDS).join(', ')}`)
    return await command(scene, words)
  } catch (error) {
    if (!(error instanceof NodeError) || error.code !== 'USAGE_WRONG') throw error
    throw usage(`${name}.txt:${line}: ${error.message}`, error)
  }
}
