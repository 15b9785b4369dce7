import { Command } from 'commander'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { commandLines, judgeCommandLine, unknownCommands } from './command-rules.ts'

const test = suite('the rule of told commands')

const program = new Command('thingmoot')
program.command('doctor').option('--url <url>').option('-o, --out <file>')
const token = program.command('token')
token.command('new').option('--role <role>')
token.command('list')

test('a command line that can be given is let be', () => {
  for (const line of [
    'doctor',
    'doctor --url http://127.0.0.1:8080',
    'doctor --help',
    'token new --role=read > token.txt',
    'token new|list',
    'token list | head -n 1 --bytes',
    'token <what>',
    '--help',
    'doctor -o -'
  ])
    assert.is(judgeCommandLine(line, program), null, line)
})

test('one with a word or flag that there is not is found', () => {
  assert.is(judgeCommandLine('nurse', program), 'there is no nurse')
  assert.is(judgeCommandLine('token make', program), 'there is no make')
  assert.is(judgeCommandLine('token new|make', program), 'there is no make')
  assert.is(judgeCommandLine('doctor --role', program), 'there is no --role')
  assert.is(judgeCommandLine('token new --out|--role', program), 'there is no --out')
})

test('command lines are found in quotes and in blocks', () => {
  const text = [
    'Run `thingmoot doctor` or `sudo -u thingmoot thingmoot token new`, not `nothing`.',
    '    thingmoot doctor --url x   # how it is',
    '    sudo -u thingmoot thingmoot token list',
    '    journalctl | sudo -u thingmoot thingmoot doctor && thingmoot token list',
    'thingmoot is no command here'
  ].join('\n')
  assert.equal(commandLines(text), [
    'doctor',
    'token new',
    'doctor --url x',
    'token list',
    'doctor',
    'token list'
  ])
  assert.equal(unknownCommands([{ path: 'a.md', text: '`thingmoot nurse`' }], program), [
    'a.md: nurse: there is no nurse'
  ])
})

test.run()
