import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeCbor } from '../../protocol/index.ts'
import type { WaitingCommand } from '../ledger-service.ts'
import { withHttp } from './testing/http-world.ts'

const test = suite('commands over HTTP')

function command(height: number): WaitingCommand {
  return {
    commandId: new Uint8Array(32).fill(height),
    height,
    index: 2,
    notAfterMs: 9_000_000,
    wire: Uint8Array.of(height),
    receipt: Uint8Array.of(7)
  }
}

interface Page {
  readonly commands: readonly { readonly wire: string; readonly after: string }[]
  readonly nextAfter: string | null
}

test(
  'a device is given what it has still to receive, in pages, with what it needs to check each',
  withHttp(async ({ get, device, ledger }) => {
    ledger.setCommands(device.deviceId, [3, 4, 5].map(command))
    const path = `/v1/devices/${device.hexId}/commands`
    const all = (await (await get(path)).json()) as Page
    assert.equal(
      all.commands.map(({ wire, after }) => [wire, after]),
      [
        ['03', '3.2'],
        ['04', '4.2'],
        ['05', '5.2']
      ]
    )
    assert.is(all.nextAfter, null)
    const first = (await (await get(`${path}?limit=2`)).json()) as Page
    assert.is(first.nextAfter, '4.2')
    const binary = await get(`${path}?after=${first.nextAfter}`, { accept: 'application/cbor' })
    assert.equal(decodeCbor(new Uint8Array(await binary.arrayBuffer())), [
      [Uint8Array.of(5), Uint8Array.of(7)]
    ])
  })
)

test(
  'a place, a count or a device that cannot be meant is refused',
  withHttp(async ({ get, device }) => {
    const path = `/v1/devices/${device.hexId}/commands`
    for (const query of [
      'after=3',
      'after=3.',
      'after=-1.0',
      'after=03.1',
      'after=9999999999999999.0',
      'limit=0',
      'limit=17',
      'other=1'
    ])
      assert.is((await get(`${path}?${query}`)).status, 400, query)
    assert.is((await get(`/v1/devices/${'ab'.repeat(32)}/commands`)).status, 404)
    assert.is((await get('/v1/devices/ab/commands')).status, 400)
  })
)

test.run()
