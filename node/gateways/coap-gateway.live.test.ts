import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeSenmlCbor, decodeSenmlJson } from '../../protocol/index.ts'
import { createTestDevice } from '../api/testing/test-device.ts'
import { decodeSubmission } from '../service/submission-message.ts'
import { FORMAT } from './coap-codes.ts'
import { emptyMessage } from './coap-message.ts'
import { blockOption, numberOption, OPTION } from './coap-options.ts'
import { codeText, optionNumber, textOf, withCoap } from './testing/coap-world.ts'

const test = suite('CoAP gateway')

const POST = 2
const PUT = 3

test(
  'a signed message is taken, and what becomes of it is told in JSON and in CBOR',
  withCoap(async ({ open, device, ledger, bugs }) => {
    const peer = await open()
    const path = `d/${device.hexId}`
    const taken = await peer.ask({ code: POST, path, payload: device.message(1) })
    assert.equal([codeText(taken), taken.type], ['2.01', 'acknowledgement'])
    assert.is(optionNumber(taken, OPTION.contentFormat), FORMAT.json)
    const transactionId = device.transactionId(1)
    const body = { transactionId, stage: 'accepted', outcome: null, code: null, height: null }
    assert.equal(JSON.parse(textOf(taken)), body)
    const again = await peer.ask({
      ...{ code: PUT, path, payload: device.message(1), accept: FORMAT.cbor },
      contentFormat: FORMAT.cbor
    })
    const submission = decodeSubmission(again.payload)
    assert.is(submission?.kind === 'taken' && submission.status.stage, 'accepted')
    ledger.finalise()
    const final = await peer.ask({ code: POST, path: 't', payload: device.message(1) })
    assert.is(codeText(final), '2.04')
    const status = await peer.ask({ path: `t/${transactionId}` })
    assert.equal([codeText(status), JSON.parse(textOf(status)).stage], ['2.05', 'final'])
    const down = await peer.ask({ path: `${path}/down` })
    assert.equal(JSON.parse(textOf(down)).transactionId, transactionId)
    assert.equal(bugs, [])
  })
)

test(
  'what is not taken is told by the codes of HTTP',
  withCoap(async ({ open, device, ledger }) => {
    const peer = await open()
    const other = createTestDevice(ledger.networkTag, 2)
    const path = `d/${device.hexId}`
    const tell = async (...of: Parameters<typeof peer.ask>): Promise<string> => {
      const answer = await peer.ask(...of)
      return `${codeText(answer)} ${textOf(answer)}`
    }
    const post = (payload: Uint8Array, at = path): Promise<string> =>
      tell({ code: POST, path: at, payload })
    assert.is(await post(Uint8Array.of(1, 2, 3)), '4.00 ENCODING_NOT_CANONICAL')
    assert.is(await post(other.message(1)), '4.03 DEVICE_NOT_OF_PATH')
    assert.is(await post(other.message(1), `d/${other.hexId}`), '4.22 DEVICE_UNKNOWN')
    assert.match(await post(device.message(1)), /^2\.01 /)
    assert.is(await post(device.message(1, 40)), '4.09 SEQUENCE_USED')
    assert.is(await post(new Uint8Array(0), 't'), '4.00 BODY_MALFORMED')
    assert.is(await tell({ path: 'nowhere' }), '4.04 ROUTE_NOT_FOUND')
    assert.is(await tell({ path: `d/${device.hexId.toUpperCase()}` }), '4.04 ROUTE_NOT_FOUND')
    assert.is(await tell({ path: 't' }), '4.05 METHOD_NOT_ALLOWED')
    assert.is(await tell({ code: 4, path }), '4.05 METHOD_NOT_ALLOWED')
    assert.is(await tell({ path: `d/${other.hexId}/latest` }), '4.04 DEVICE_NOT_FOUND')
    assert.is(await tell({ path: `${path}/latest` }), '4.04 READING_NOT_FOUND')
    assert.is(await tell({ path: `t/${'00'.repeat(32)}` }), '4.04 TRANSACTION_NOT_FOUND')
    const text = { code: POST, path, payload: device.message(2), contentFormat: FORMAT.text }
    assert.is(await tell(text), '4.15 MEDIA_TYPE_UNSUPPORTED')
    assert.is(await tell({ ...text, contentFormat: 60, accept: 0 }), '4.06 ACCEPT_UNSUPPORTED')
    const strange = [{ number: 9, value: Uint8Array.of(1) }]
    assert.is(await tell({ path, options: strange }), '4.02 OPTION_UNKNOWN')
    const proxy = [{ number: OPTION.proxyScheme, value: Buffer.from('coap') }]
    assert.is(await tell({ path, options: proxy }), '5.05 PROXY_UNSUPPORTED')
    ledger.setBusy({ kind: 'busy', code: 'POOL_FULL', retryAfterMs: 2500 })
    const busy = await peer.ask({ code: POST, path, payload: device.message(2) })
    assert.equal(
      [codeText(busy), textOf(busy), optionNumber(busy, OPTION.maxAge)],
      ['5.03', 'POOL_FULL', 3]
    )
  })
)

test(
  'the latest reading is told in four formats, with absolute times, and not twice',
  withCoap(async ({ open, device, ledger }) => {
    const peer = await open()
    await peer.verify()
    await ledger.service.submit(device.message(1, 20.5), 'test')
    ledger.finalise()
    const path = `d/${device.hexId}/latest`
    const plain = await peer.ask({ path })
    assert.equal([codeText(plain), optionNumber(plain, OPTION.contentFormat)], ['2.05', 110])
    const { timeMs } = (await ledger.service.block(1))!
    const record = { n: 'temperature', u: 'Cel', v: 20.5, t: timeMs / 1000 }
    assert.equal(decodeSenmlJson(textOf(plain)), [record])
    const packed = await peer.ask({ path, accept: FORMAT.senmlCbor })
    assert.equal(decodeSenmlCbor(packed.payload), [record])
    const signed = await peer.ask({ path, accept: FORMAT.cbor })
    assert.equal(Buffer.from(signed.payload), Buffer.from(device.message(1, 20.5)))
    const json = await peer.ask({ path, accept: FORMAT.json })
    assert.is(JSON.parse(textOf(json)).sequence, 1)
    assert.is(codeText(await peer.ask({ path, accept: FORMAT.linkFormat })), '4.06')
    const etag = plain.options.filter(({ number }) => number === OPTION.etag)
    const held = await peer.ask({ path, options: etag })
    assert.equal([codeText(held), held.payload.length], ['2.03', 0])
    await ledger.service.submit(device.message(2, 21), 'test')
    ledger.finalise()
    assert.is(codeText(await peer.ask({ path, options: etag })), '2.05')
  })
)

test(
  'an observer is told of changes, by rising numbers, and of nothing more once it said so',
  withCoap(async ({ open, device, ledger, bugs }) => {
    const peer = await open()
    await peer.verify()
    const path = `d/${device.hexId}/latest`
    const token = Uint8Array.of(7, 7)
    await ledger.service.submit(device.message(1, 1), 'test')
    ledger.finalise()
    const first = await peer.ask({ path, observe: 0, token })
    let last = optionNumber(first, OPTION.observe) ?? -1
    assert.ok(last >= 0)
    const types: string[] = []
    for (let sequence = 2; sequence <= 5; sequence++) {
      await ledger.service.submit(device.message(sequence, sequence), 'test')
      ledger.finalise()
      const told = await peer.next()
      types.push(told.type)
      assert.equal(Buffer.from(told.token), Buffer.from(token))
      assert.is(decodeSenmlJson(textOf(told))?.[0]?.v, sequence)
      const number = optionNumber(told, OPTION.observe) ?? -1
      assert.ok(number > last)
      last = number
      if (told.type === 'confirmable')
        peer.sendBytes(emptyMessage('acknowledgement', told.messageId))
    }
    assert.equal(types, ['confirmable', ...Array(3).fill('non-confirmable')])
    const end = await peer.ask({ path, observe: 1, token })
    assert.equal([codeText(end), optionNumber(end, OPTION.observe)], ['2.05', undefined])
    await ledger.service.submit(device.message(6, 6), 'test')
    ledger.finalise()
    assert.is(codeText(await peer.ask({ path: 'nowhere' })), '4.04')
    assert.is(peer.waiting(), 0)
    assert.equal(bugs, [])
  })
)

test(
  'results are observed as well, and a reset ends it',
  withCoap(async ({ open, device, ledger }) => {
    const peer = await open()
    await peer.verify()
    const path = `d/${device.hexId}/down`
    await ledger.service.submit(device.message(1), 'test')
    ledger.finalise()
    await peer.ask({ path, observe: 0 })
    await ledger.service.submit(device.message(2), 'test')
    ledger.finalise()
    const told = await peer.next()
    assert.is(JSON.parse(textOf(told)).transactionId, device.transactionId(2))
    peer.sendBytes(emptyMessage('reset', told.messageId))
    await ledger.service.submit(device.message(3), 'test')
    assert.is(codeText(await peer.ask({ path: 'nowhere' })), '4.04')
    ledger.finalise()
    assert.is(codeText(await peer.ask({ path: 'nowhere' })), '4.04')
    assert.is(peer.waiting(), 0)
  })
)

test(
  'links are listed for those who are there, and filtered',
  withCoap(async ({ open }) => {
    const peer = await open()
    const core = '.well-known/core'
    const challenge = await peer.ask({ path: core })
    assert.is(codeText(challenge), '4.01')
    const echo = challenge.options.filter(({ number }) => number === OPTION.echo)
    assert.is(echo[0]?.value.length, 8)
    const all = await peer.ask({ path: core, options: echo })
    assert.equal([codeText(all), optionNumber(all, OPTION.contentFormat)], ['2.05', 40])
    assert.match(textOf(all), /<\/t>;rt="thingmoot\.transactions"/)
    const one = async (filter: string): Promise<string> =>
      textOf(await peer.ask({ path: `${core}?${filter}` }))
    assert.match(await one('rt=thingmoot.devices'), /^<\/d>;[^<]*obs$/)
    assert.is((await one('rt=thingmoot.*')).match(/</g)?.length, 2)
    assert.match(await one('ct=112'), /^<\/d>/)
    assert.match(await one('href=/t'), /^<\/t>/)
    assert.is(await one('rt=other'), '')
    const other = await open()
    const borrowed = await other.ask({ path: core, options: echo })
    assert.is(codeText(borrowed), '4.01')
  })
)

test(
  'a body comes block by block, and so goes an answer, as small as the caller likes',
  withCoap(async ({ open, device, ledger }) => {
    const peer = await open()
    await peer.verify()
    const path = `d/${device.hexId}`
    const wire = device.message(1)
    const sizeBytes = 64
    const count = Math.ceil(wire.length / sizeBytes)
    for (let number = 0; number < count; number++) {
      const more = number < count - 1
      const block = { number, more, sizeBytes }
      const answer = await peer.ask({
        ...{ code: POST, path, contentFormat: FORMAT.cbor },
        options: [blockOption(OPTION.block1, block)],
        payload: wire.subarray(number * sizeBytes, (number + 1) * sizeBytes)
      })
      assert.is(codeText(answer), more ? '2.31' : '2.01')
      assert.is(optionNumber(answer, OPTION.block1), number * 16 + (more ? 8 : 0) + 2)
    }
    ledger.finalise()
    const parts: Uint8Array[] = []
    for (let number = 0, more = true; more; number++) {
      const options = [
        blockOption(OPTION.block2, { number, more: false, sizeBytes: 32 }),
        ...(number === 0 ? [numberOption(OPTION.size2, 0)] : [])
      ]
      const answer = await peer.ask({ path: `${path}/latest`, accept: FORMAT.cbor, options })
      assert.is(codeText(answer), '2.05')
      if (number === 0) assert.is(optionNumber(answer, OPTION.size2), wire.length)
      more = ((optionNumber(answer, OPTION.block2) ?? 0) & 8) !== 0
      parts.push(answer.payload)
    }
    assert.equal(Buffer.concat(parts), Buffer.from(wire))
    const beyond = [blockOption(OPTION.block2, { number: 99, more: false, sizeBytes: 1024 })]
    const answer = await peer.ask({ path: `${path}/latest`, accept: 60, options: beyond })
    assert.equal([codeText(answer), textOf(answer)], ['4.00', 'BLOCK_WRONG'])
  })
)

test(
  'a repeated request is answered alike and not carried out again; a ping is answered',
  withCoap(async ({ open, device, ledger }) => {
    const peer = await open()
    const asking = { code: POST, path: `d/${device.hexId}`, payload: device.message(1) }
    const first = await peer.ask({ ...asking, messageId: 5, token: Uint8Array.of(1) })
    const again = await peer.ask({ ...asking, messageId: 5, token: Uint8Array.of(1) })
    assert.equal(again, first)
    // The number alone tells messages apart, whatever else one of them holds.
    const other = { ...asking, path: 't', payload: device.message(2) }
    assert.equal(await peer.ask({ ...other, messageId: 5, token: Uint8Array.of(2) }), first)
    assert.is(ledger.submissions(), 1)
    const single = { ...asking, type: 'non-confirmable' as const, messageId: 6 }
    const answer = await peer.ask(single)
    assert.is(answer.type, 'non-confirmable')
    peer.sendBytes(peer.write(single))
    peer.sendBytes(Uint8Array.of(0x40, 0, 0x12, 0x34))
    const pong = await peer.next()
    assert.equal([pong.type, pong.code, pong.messageId], ['reset', 0, 0x1234])
    assert.is(ledger.submissions(), 2)
  })
)

test.run()
