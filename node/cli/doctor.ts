/**
 * `thingmoot doctor`: looks at a node from all sides, and says with each thing that is not well what
 * to do now.
 *
 * It works with a node that runs and with one that does not, and changes nothing.
 *
 * @module
 */

import type { Command } from 'commander'
import { NodeError } from '../errors.ts'
import { addCommand, type CommandPorts, type CommonOptions } from './command.ts'
import { type DoctorQuestion, gatherFacts } from './doctor/facts.ts'
import { examine, type NamedFinding } from './doctor/rules.ts'
import { addAccessOptions } from './node-url.ts'
import { count, createOutput, type Paint } from './output.ts'
import { addConfigOption } from './settings.ts'

type DoctorOptions = CommonOptions & DoctorQuestion

/** Adds `doctor`. */
export function addDoctorCommand(program: Command, ports: CommandPorts): void {
  addAccessOptions(
    addConfigOption(
      addCommand(
        program,
        'doctor',
        'what is not well with a node, and what to do; exit code 1 then'
      )
    ),
    'where the node answers; without --config a node elsewhere, by its word alone'
  ).action((options: DoctorOptions) => runDoctor(options, ports))
}

/** @throws NodeError NOT_WELL after the answer, when there is anything to do */
async function runDoctor(options: DoctorOptions, ports: CommandPorts): Promise<void> {
  const findings = examine(await gatherFacts(options, ports))
  const unwell = findings.filter(({ verdict }) => verdict !== 'ok').length
  createOutput(options, ports).answer({
    json: { isWell: unwell === 0, findings },
    lines: (paint) => [
      ...linesOf(findings, paint),
      ...(unwell === 0 ? [paint.bold(`All is well: ${count(findings.length, 'check')}.`)] : [])
    ]
  })
  if (unwell > 0)
    throw new NodeError(
      'NOT_WELL',
      `${unwell} of ${count(findings.length, 'check')} not well${unwell > 1 ? ': begin with the first' : ''}`
    )
}

function linesOf(findings: readonly NamedFinding[], paint: Paint): readonly string[] {
  const marks = { ok: paint.green('✔'), warning: paint.yellow('!'), wrong: paint.red('✖') }
  const width = Math.max(...findings.map(({ check }) => check.length))
  return findings.flatMap(({ check, verdict, says, cure }) => [
    `${marks[verdict]} ${check.padEnd(width)}  ${says.replaceAll('\n', `\n${' '.repeat(width + 4)}`)}`,
    ...(cure === null ? [] : [`${' '.repeat(width + 4)}→ ${cure}`])
  ])
}
