/**
 * A browser for the live tests: Chromium without a screen, and what is asked of every page.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

/** A page with all that went wrong in it. */
export interface WatchedPage {
  readonly page: Page
  readonly context: BrowserContext
  /** Errors in its console, and whatever nothing caught. */
  readonly errors: readonly string[]
  /** Requests to anybody but the node that served it. */
  readonly strays: readonly string[]
}

/** How a page is looked at. */
export interface View {
  readonly width: number
  readonly height: number
  readonly colorScheme: 'light' | 'dark'
}

/** A text that is hard to read. */
export interface FaintText {
  readonly text: string
  readonly ratio: number
}

const PROGRAMS = ['chromium-headless-shell', 'chromium', 'google-chrome']
const START_MAX_MS = 30_000

/** Where Chromium is; undefined on a machine without it. */
export function findChromium(): string | undefined {
  for (const program of PROGRAMS)
    try {
      return execFileSync('which', [program], { encoding: 'utf8' }).trim()
    } catch {
      // Not this one: the next may be there.
    }
  return undefined
}

/** Starts a browser that keeps to itself. */
export function startBrowser(executablePath: string): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
  return chromium.launch({ executablePath, args, timeout: START_MAX_MS })
}

/** Opens a page and watches it. */
export async function openPage(browser: Browser, url: string, view: View): Promise<WatchedPage> {
  const { width, height, colorScheme } = view
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    reducedMotion: 'reduce'
  })
  const page = await context.newPage()
  const errors: string[] = []
  const strays: string[] = []
  const { origin } = new URL(url)
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('pageerror', (error) => void errors.push(String(error)))
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) strays.push(request.url())
  })
  await page.goto(url, { waitUntil: 'commit' })
  return { page, context, errors, strays }
}

/** Takes a picture of the whole page into the folder for the eyes of people. */
export async function photograph(page: Page, folder: string, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

/** Whether the page is wider than the screen. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - innerWidth')
}

/** Goes through the page by the key Tab: how many of its controls never get the focus. */
export async function unreachedByKeys(page: Page): Promise<readonly string[]> {
  const count: number = await page.evaluate(MARK_CONTROLS)
  await page.evaluate('document.activeElement?.blur(); scrollTo(0, 0)')
  const reached = new Set<string>()
  for (let press = 0; press < count + 5; press++) {
    await page.keyboard.press('Tab')
    const mark: string | null = await page.evaluate(
      'document.activeElement?.getAttribute("data-control") ?? null'
    )
    if (mark !== null) reached.add(mark)
  }
  const marks: readonly [string, string][] = await page.evaluate(
    '[...document.querySelectorAll("[data-control]")].map((one) => [one.dataset.control, one.outerHTML.slice(0, 120)])'
  )
  return marks.filter(([mark]) => !reached.has(mark)).map(([, html]) => html)
}

/** What a hand could use: links, buttons, fields, and what is scrolled. */
const MARK_CONTROLS = `(() => {
  const found = [...document.querySelectorAll('a[href], button:not([disabled]), input, [tabindex="0"]')]
  found.forEach((one, index) => { one.dataset.control = String(index) })
  return found.length
})()`

/** Texts whose contrast to what lies behind them is below WCAG AA. */
export function faintTexts(page: Page): Promise<readonly FaintText[]> {
  return page.evaluate(FAINT_TEXTS)
}

/** WCAG 2.2 §1.4.3: 4.5 for text, 3 for large text; measured on every text that is seen. */
const FAINT_TEXTS = `(() => {
  const parse = (text) => {
    const numbers = (text.match(/[\\d.]+/g) ?? []).map(Number)
    return { rgb: numbers.slice(0, 3), alpha: numbers[3] ?? 1 }
  }
  const light = ([r, g, b]) => {
    const part = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4)
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
  }
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const { rgb, alpha } = parse(getComputedStyle(at).backgroundColor)
      if (rgb.length === 3 && alpha > 0) return rgb
    }
    return [255, 255, 255]
  }
  const found = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim()
    const element = walker.currentNode.parentElement
    if (text === '' || element.closest('script, noscript, title, [disabled]') !== null) continue
    if (element.getClientRects().length === 0) continue
    const style = getComputedStyle(element)
    const isSvg = element instanceof SVGElement
    const ink = light(parse(isSvg ? style.fill : style.color).rgb)
    const paper = light(behind(element))
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)
    const size = parseFloat(style.fontSize)
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
    if (ratio < (isLarge ? 3 : 4.5)) found.push({ text: text.slice(0, 60), ratio })
  }
  return found
})()`
