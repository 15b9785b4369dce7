/**
 * Logging: constant sentences with domain words as fields.
 *
 * Error: a human must act. Warn: a human may have to. Info: milestones. Debug:
 * the rest. Strangers' text never appears at info or above.
 *
 * @module
 */

import { type Logger as PinoLogger, pino } from 'pino'
import pretty from 'pino-pretty'

/** Writes one line; fields are words of the house. */
export type Log = (message: string, fields?: Readonly<Record<string, unknown>>) => void

/** The levels of the house. */
export interface Logger {
  readonly error: Log
  readonly warn: Log
  readonly info: Log
  readonly debug: Log
}

/** Makes a logger that writes to standard error, as JSON lines or for people. */
export function createLogger(options: {
  readonly level: string
  readonly format: 'json' | 'pretty'
  readonly name: string
}): Logger {
  const { level, format, name } = options
  const redact = ['seed', 'secretKey', 'passphrase', 'token']
  const settings = { level, name, redact, base: { name } }
  const logger: PinoLogger =
    format === 'pretty'
      ? pino(
          settings,
          pretty({ destination: 2, colorize: process.stderr.isTTY === true, ignore: 'name' })
        )
      : pino(settings, pino.destination(2))
  const write =
    (method: 'error' | 'warn' | 'info' | 'debug'): Log =>
    (message, fields = {}) =>
      logger[method](fields, message)
  return { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') }
}
