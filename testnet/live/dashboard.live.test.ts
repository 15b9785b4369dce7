import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { genesisHashOf, toHex } from '../../protocol/index.ts'
import {
  faintTexts,
  findChromium,
  openPage,
  overflow,
  photograph,
  startBrowser,
  unreachedByKeys,
  type View,
  type WatchedPage
} from './browser.ts'
import { type LightLoad, signBefore, startLightLoad } from './light-load.ts'
import { type LiveNet, openLiveNet } from './live-net.ts'
import { registerFleet } from './spoken.ts'

const test = suite('dashboard in a browser')
const program = findChromium()
if (program === undefined)
  process.stdout.write('chromium-headless-shell is missing: the pages are not tried in a browser\n')
const testHere = program === undefined ? test.skip : test

const LANES = 3
const MESSAGES = 2_000
const WAIT_MS = 60_000
const WIDE: View = { width: 1280, height: 900, colorScheme: 'light' }
const NARROW: View = { width: 390, height: 844, colorScheme: 'light' }
/** Pictures for people: test output, kept nowhere else. */
const PICTURES = process.env['PICTURES_FOLDER'] ?? join(tmpdir(), 'thingmoot-pictures')
/** Of this machine, when the page was written: printed beside, never asserted. */
const INTERACTIVE_GOAL_MS = 1_000

let net: LiveNet
let load: LightLoad
let browser: Browser
let deviceId: Uint8Array

test.before(async () => {
  if (program === undefined) return
  net = await openLiveNet(4, 0)
  const fleet = await registerFleet(net, LANES)
  deviceId = (fleet[0] as (typeof fleet)[number]).deviceId
  const chains = await Promise.all(fleet.map((one) => signBefore(net.network, one, MESSAGES)))
  load = startLightLoad(
    net.nodes.map(({ url }) => url),
    chains
  )
  browser = await startBrowser(program)
})
test.after(async () => {
  await browser?.close()
  await load?.stop()
  await net?.close()
})

function pageUrl(path = '/'): string {
  return `${(net.nodes[0] as LiveNet['nodes'][number]).url}${path}`
}

function saysOnTop(page: Page, pattern: RegExp): Promise<unknown> {
  return page.locator('.sentence .shown', { hasText: pattern }).waitFor({ timeout: WAIT_MS })
}

async function close({ context, errors, strays }: WatchedPage): Promise<void> {
  await context.close()
  assert.equal(errors, [])
  assert.equal(strays, [])
}

testHere('a page opens on a network at work, and says so in one sentence', async () => {
  const watched = await openPage(browser, pageUrl(), WIDE)
  const { page } = watched
  await saysOnTop(page, /All four members agree\. Last block \d\.\d s ago\./)
  const interactiveMs: number = await page.evaluate('Math.round(performance.now())')
  process.stdout.write(
    `dashboard interactive after ${interactiveMs} ms, goal ${INTERACTIVE_GOAL_MS} ms\n`
  )
  await page.locator('#devices tbody tr').first().waitFor({ timeout: WAIT_MS })
  await page.locator('#readings li').nth(3).waitFor({ timeout: WAIT_MS })
  await page.locator('#charts canvas').nth(1).waitFor({ timeout: WAIT_MS })
  assert.is(await page.locator('.map .dot').count(), 4)
  assert.is(await page.locator('.map path.link').count(), 3)
  assert.is(await page.locator('#members tbody tr').count(), 4)
  await close(watched)
})

testHere('what the node shows is checked in the browser, by the button beside it', async () => {
  const watched = await openPage(browser, pageUrl(), WIDE)
  const { page } = watched
  await saysOnTop(page, /agree/)
  const isChecked = (): Promise<unknown> =>
    page.locator('.card .check .tone-good', { hasText: /✓ checked in this browser/ }).waitFor({
      timeout: WAIT_MS
    })
  await page.getByRole('button', { name: 'Verify the newest block in this browser' }).click()
  await page.locator('footer .tone-good', { hasText: /by [34] signatures of 4 members/ }).waitFor()
  await page.getByLabel('Height or id').fill('2')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Verify here in this browser' }).click()
  await isChecked()
  await page.locator('.card .ids a').first().click()
  await page.getByRole('heading', { name: /^Transaction/ }).waitFor()
  await page.getByRole('button', { name: 'Verify here in this browser' }).click()
  await isChecked()
  await page.getByLabel('Height or id').fill(toHex(deviceId))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /^Device [0-9a-f]/ }).waitFor()
  await page.getByRole('button', { name: /record here in this browser/ }).click()
  await isChecked()
  await close(watched)
})

testHere(
  'every text is legible, every control is reached by keys, nothing is cut off',
  async () => {
    for (const size of [WIDE, NARROW])
      for (const colorScheme of ['light', 'dark'] as const) {
        const watched = await openPage(browser, pageUrl('/#/block/2'), { ...size, colorScheme })
        const { page } = watched
        await saysOnTop(page, /agree/)
        await page
          .locator('#devices tbody tr')
          .nth(LANES - 1)
          .waitFor({ timeout: WAIT_MS })
        await page.locator('#charts canvas').nth(1).waitFor({ timeout: WAIT_MS })
        await photograph(page, PICTURES, `dashboard-${size.width}-${colorScheme}`)
        assert.equal(await faintTexts(page), [], `${size.width} ${colorScheme}`)
        assert.ok((await overflow(page)) <= 0, `${size.width} ${colorScheme} is too wide`)
        if (colorScheme === 'light') assert.equal(await unreachedByKeys(page), [])
        await close(watched)
      }
  }
)

testHere('a phone checks the newest reading itself, and believes no other network', async () => {
  const name = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
  const genesis = genesisHashOf(net.genesis)
  for (const colorScheme of ['light', 'dark'] as const) {
    const invited = pageUrl(`/phone#invite=${name(genesis)}.${name(deviceId)}`)
    const watched = await openPage(browser, invited, { ...NARROW, colorScheme })
    const { page } = watched
    await page
      .locator('.verdict', { hasText: /checked on this phone against [34] signatures ✓/ })
      .waitFor({ timeout: WAIT_MS })
    assert.match(await page.locator('.value').innerText(), /^[\d.]+ °C$/)
    await photograph(page, PICTURES, `phone-390-${colorScheme}`)
    assert.equal(await faintTexts(page), [])
    assert.ok((await overflow(page)) <= 0)
    await close(watched)
  }
  const other = name(new Uint8Array(32).fill(7))
  const forged = await openPage(
    browser,
    pageUrl(`/phone#invite=${other}.${name(deviceId)}`),
    NARROW
  )
  const verdict = forged.page.locator('.verdict.tone-bad', { hasText: /another network/ })
  await verdict.waitFor({ timeout: WAIT_MS })
  await close(forged)
})

testHere('a member that is killed turns red and is named, and never vanishes', async () => {
  const watched = await openPage(browser, pageUrl(), WIDE)
  const { page } = watched
  await saysOnTop(page, /All four members agree/)
  await net.cluster.kill(['mumbai'])
  await saysOnTop(page, /Mumbai silent for \d+ s\. 3 of 4 agree; the moot needs 3\./)
  await page.locator('.map .dot.silent', { hasText: 'Mumbai' }).waitFor({ timeout: WAIT_MS })
  await page.locator('#members tr.silent', { hasText: 'Mumbai' }).waitFor({ timeout: WAIT_MS })
  assert.is(await page.locator('.map .dot').count(), 4)
  await photograph(page, PICTURES, 'dashboard-1280-silent')
  assert.equal(await faintTexts(page), [])
  await net.cluster.kill(['tokyo'])
  await saysOnTop(page, /Paused, nothing lost: 2 of 4 members present/)
  await photograph(page, PICTURES, 'dashboard-1280-paused')
  await net.cluster.heal([])
  await load.stop()
  await saysOnTop(page, /Quiet since \d\d:\d\d, all four members present\./)
  await photograph(page, PICTURES, 'dashboard-1280-quiet')
  await close(watched)
})

test.run()
