import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NodeError } from '../../node/errors.ts'
import { LineLog, oldLogPath } from './line-log.ts'

const test = suite('line log')
const folder = mkdtempSync(join(tmpdir(), 'thingmoot-log-'))
const ports = {
  onTrouble: (error: NodeError): void => {
    throw error
  }
}

test.after(() => rmSync(folder, { recursive: true }))

test('lines are kept in order, over a reopening too', async () => {
  const path = join(folder, 'order.log')
  for (const line of ['first', 'second']) {
    const log = new LineLog({ path }, ports)
    log.append(line)
    await log.close()
  }
  assert.is(readFileSync(path, 'utf8'), 'first\nsecond\n')
})

test('a full log becomes the old one, and both stay within the bound', async () => {
  const path = join(folder, 'full.log')
  const log = new LineLog({ path, sizeMaxBytes: 1000 }, ports)
  for (let line = 0; line < 500; line++) log.append(`line ${line}`)
  await log.close()
  assert.ok(statSync(path).size <= 1000)
  assert.ok(statSync(oldLogPath(path)).size <= 1000)
  assert.ok(readFileSync(path, 'utf8').endsWith('\nline 499\n'))
  const kept = (readFileSync(oldLogPath(path), 'utf8') + readFileSync(path, 'utf8')).trimEnd()
  const numbers = kept.split('\n').map((line) => Number(line.slice(5)))
  assert.equal(
    numbers,
    numbers.map((_, index) => 500 - numbers.length + index)
  )
})

test('a log that cannot be opened is said with its path', () => {
  const path = join(folder, 'missing', 'node.log')
  try {
    new LineLog({ path }, ports).append('x')
    assert.unreachable('there is no such folder')
  } catch (error) {
    assert.is((error as NodeError).code, 'DISK_WRITE_FAILED')
    assert.ok((error as NodeError).message.includes(path))
  }
})

test.run()
