/**
 * The rule of told commands: a command line that a text names can be given as it stands there.
 *
 * @module
 */

import type { Command } from 'commander'
import type { SourceFile } from './repository.ts'

/** A word of a command line that is no value: lower case, as commands are. */
const WORD = /^[a-z][a-z-]*$/
const FLAG = /^--?[a-zA-Z][a-zA-Z-]*$/

/** Commands and flags that texts name and the program does not have. */
export function unknownCommands(files: readonly SourceFile[], program: Command): string[] {
  return files.flatMap(({ path, text }) =>
    commandLines(text).flatMap((line) => {
      const fault = judgeCommandLine(line, program)
      return fault === null ? [] : [`${path}: ${line}: ${fault}`]
    })
  )
}

/** Command lines of a text: what stands between backticks, and in lines that are set off. */
export function commandLines(text: string): string[] {
  const spans = [...text.matchAll(/`([^`\n]+)`/g)]
  const blocks = [...text.matchAll(/^ {4}([^\n#]+)/gm)]
  return [...spans, ...blocks]
    .flatMap(([, code]) => (code as string).split(/ (?:\||&&) /))
    .map((part) => part.trim().replace(/^sudo (?:-\S+ \S+ )*/, ''))
    .filter((part) => part.startsWith('thingmoot '))
    .map((part) => part.slice('thingmoot '.length).trim())
}

/** What is wrong with a command line behind the program's name; null where nothing is. */
export function judgeCommandLine(line: string, program: Command): string | null {
  const words = line.split(/ [|>] /)[0]?.split(/[ \t]+/) ?? []
  const found = descend(words, program)
  if (typeof found === 'string') return found
  const { command, rest } = found
  const flags = rest
    .flatMap((word) => word.split('|'))
    .map((word) => word.replace(/[,.;:)]+$/, '').replace(/=.*$/, ''))
    .filter((word) => FLAG.test(word))
  const known = command.options.flatMap(({ short, long }) => [short, long])
  const unknown = flags.filter((flag) => !known.includes(flag) && flag !== '--help')
  return unknown.length === 0 ? null : `there is no ${unknown.join(', ')}`
}

/** Goes down the commands as far as words name them. */
function descend(
  words: readonly string[],
  program: Command
): { readonly command: Command; readonly rest: readonly string[] } | string {
  let command = program
  for (const [index, word] of words.entries()) {
    if (command.commands.length === 0) return { command, rest: words.slice(index) }
    const names = word.replace(/[,.;:)]+$/, '').split('|')
    const next = names.map((name) => command.commands.find((one) => one.name() === name))
    const missing = names.find((name, place) => next[place] === undefined && WORD.test(name))
    if (missing !== undefined) return `there is no ${missing}`
    const [first] = next
    if (first === undefined) return { command, rest: words.slice(index) }
    command = first
  }
  return { command, rest: [] }
}
