import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseBootstrap } from './bootstrap.ts'

const test = suite('bootstrap')

const ADDRESS = '/dns4/a.example/tcp/4001/p2p/12D3KooWC83mU1peRy71qTdEXymZiXsZfo7L3x36eD8SCVq9bQkP'

test('a bootstrap file names the network and whom to call', () => {
  const text = JSON.stringify({ networkId: 'moot-1', addresses: [ADDRESS] })
  assert.equal(parseBootstrap(text, 'b.json'), { networkId: 'moot-1', addresses: [ADDRESS] })
})

test('faults are told with file, line, column and key', () => {
  const text =
    '{\n  "networkId": "moot-1",\n  "adresses": [],\n  "addresses": ["/ip4/1.2.3.4/tcp/1"]\n}'
  assert.throws(
    () => parseBootstrap(text, 'b.json'),
    (error: Error) => {
      assert.equal(error.message.split('\n'), [
        'b.json:3:3: adresses: unknown key, did you mean "addresses"?',
        'b.json:4:17: addresses[0]: "/ip4/1.2.3.4/tcp/1" does not end with /p2p/ and the peer id'
      ])
      return true
    }
  )
  for (const wrong of ['{}', '[]', '', JSON.stringify({ networkId: 'm', addresses: [] })])
    assert.throws(() => parseBootstrap(wrong, 'b.json'), /^b\.json:/)
})

test.run()
