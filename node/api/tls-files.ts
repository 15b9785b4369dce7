/**
 * The files that TLS is spoken with.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { NodeError } from '../errors.ts'
import type { TlsFiles } from './http-api.ts'

/** Where they lie; both or neither. */
export interface TlsPlaces {
  readonly certificateFile: string | null
  readonly keyFile: string | null
}

/**
 * Reads certificate and key; null where none are set.
 *
 * @param group - the settings that name them, as errors say it
 * @throws NodeError CONFIGURATION_WRONG for what is not there, or no pair
 */
export function readTlsFiles(
  { certificateFile, keyFile }: TlsPlaces,
  group = 'http'
): TlsFiles | null {
  if (certificateFile === null || keyFile === null) return null
  const certificate = readText(certificateFile, `${group}.tls.certificateFile`)
  const key = readText(keyFile, `${group}.tls.keyFile`)
  try {
    createSecureContext({ cert: certificate, key })
  } catch (error) {
    throw wrong(`${group}.tls.keyFile: ${keyFile} is not the key of ${certificateFile}`, error)
  }
  return { certificate, key }
}

function readText(path: string, setting: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw wrong(`${setting}: ${path} cannot be read`, error)
  }
}

function wrong(message: string, cause: unknown): NodeError {
  return new NodeError('CONFIGURATION_WRONG', message, { cause })
}
