/**
 * The text of a scenario: blocks of commands, each with the output that came below `----`.
 *
 * @module
 */

/** One command, or a comment between two. */
export interface ScenarioCommand {
  /** Counted from 1. */
  readonly line: number
  readonly text: string
}

/** Commands that stand together, and what stands in front of them. */
export interface ScenarioBlock {
  /** Comments and empty lines, as they are. */
  readonly before: readonly string[]
  readonly commands: readonly ScenarioCommand[]
}

const RULE = '----'

/** Reads a scenario; outputs that stand in it are left out. */
export function readBlocks(text: string): ScenarioBlock[] {
  const blocks: ScenarioBlock[] = []
  let before: string[] = []
  let commands: ScenarioCommand[] = []
  let isOutput = false
  const close = (): void => {
    if (commands.length === 0) return
    blocks.push({ before, commands })
    before = []
    commands = []
  }
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') {
      close()
      isOutput = false
      before.push(line)
    } else if (line === RULE) {
      close()
      isOutput = true
    } else if (!isOutput && commands.length === 0 && line.startsWith('#')) before.push(line)
    else if (!isOutput) commands.push({ line: index + 1, text: line })
  }
  close()
  return blocks
}

/** Writes a block with its output. */
export function writeBlock(
  { before, commands }: ScenarioBlock,
  output: readonly string[]
): string[] {
  const shown = output.length === 0 ? ['ok'] : output
  return [...before, ...commands.map(({ text }) => text), RULE, ...shown]
}
