import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FailingFiles, ProcessEnded } from '../snapshot/testing/failing-files.ts'
import { systemFiles } from './files.ts'
import { declareReady, ledgerPlaces, settleLedgerSwap } from './ledger-swap.ts'
import { withFolder } from './testing/fixtures.ts'

const test = suite('the swap of ledgers')

function put(folder: string, content: string): void {
  mkdirSync(folder)
  writeFileSync(join(folder, 'CURRENT'), content)
  writeFileSync(join(folder, 'more'), content)
}

function ledgerIn(data: string): string {
  return readFileSync(join(data, 'ledger', 'CURRENT'), 'utf8')
}

test(
  'wherever a process ends, a later start has the old ledger whole or the new one',
  withFolder(async (folder) => {
    const seen = new Set<string>()
    let isOver = false
    for (let endsAt = 0; !isOver; endsAt++) {
      const data = join(folder, `run-${endsAt}`)
      mkdirSync(data)
      const places = ledgerPlaces(data)
      put(places.ledger, 'old')
      put(places.incoming, 'new')
      const failing = new FailingFiles(systemFiles, endsAt)
      const isDeclared = await declareReady(places, failing.files).then(
        () => true,
        (error) => {
          assert.ok(error instanceof ProcessEnded)
          return false
        }
      )
      if (isDeclared)
        isOver = await settleLedgerSwap(places, failing.files).then(
          () => true,
          (error) => {
            assert.ok(error instanceof ProcessEnded)
            return false
          }
        )
      // The next start may be cut as well, and the one after it has to do.
      const second = new FailingFiles(systemFiles, endsAt % 3)
      await settleLedgerSwap(places, second.files).catch((error) => {
        assert.ok(error instanceof ProcessEnded)
      })
      await settleLedgerSwap(places, systemFiles)
      seen.add(ledgerIn(data))
      assert.is(ledgerIn(data), readFileSync(join(data, 'ledger', 'more'), 'utf8'))
      assert.equal(await systemFiles.list(data), ['ledger'], `after ${endsAt}`)
      if (isDeclared) assert.is(ledgerIn(data), 'new')
    }
    assert.equal([...seen].toSorted(), ['new', 'old'])
  })
)

test(
  'a ledger that was never finished goes, and the old one stays',
  withFolder(async (data) => {
    const places = ledgerPlaces(data)
    put(places.ledger, 'old')
    put(places.incoming, 'half')
    assert.is(await settleLedgerSwap(places, systemFiles), false)
    assert.is(ledgerIn(data), 'old')
    assert.not(existsSync(places.incoming))
  })
)

test(
  'without any ledger nothing is made up',
  withFolder(async (data) => {
    assert.is(await settleLedgerSwap(ledgerPlaces(data), systemFiles), false)
    assert.equal(await systemFiles.list(data), [])
  })
)

test.run()
