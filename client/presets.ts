/**
 * Presets: overlays for four walks of life, so that strictness is one choice.
 *
 * The ledger knows none of them. An overlay can only tighten what the maker's class allows, so what
 * a preset leaves open stays as the maker has it: `medical-safe` says nothing about forks, for a
 * device on which a life hangs goes on speaking on both branches where its maker lets it.
 *
 * @see ../protocol/SPEC.md §4.4 Profiles
 * @module
 */

import type { ProfileOverlay } from '../protocol/index.ts'

/** The name of a preset. */
export type PresetName = 'home' | 'industrial' | 'medical-safe' | 'tracker'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

const OPEN: ProfileOverlay = {
  sealing: null,
  signatureSuites: null,
  ratchetEvery: null,
  inlineBytesMax: null,
  rateBurst: null,
  ratePerHour: null,
  silenceMaxMs: null,
  anchorAgeMaxMs: null,
  speedMaxMetresPerSecond: null,
  regions: null,
  attestLevel: null,
  attestEveryMs: null,
  onFork: null,
  heuristicQuarantine: null,
  readersMax: null,
  firmwareConsent: null,
  verdictsMin: null
}

const PRESETS: Readonly<Record<PresetName, ProfileOverlay>> = {
  // What happens at home is nobody's business, and a stopped lamp harms nobody.
  home: {
    ...OPEN,
    sealing: 1,
    silenceMaxMs: DAY_MS,
    anchorAgeMaxMs: DAY_MS,
    speedMaxMetresPerSecond: 1,
    onFork: 1,
    heuristicQuarantine: 1,
    readersMax: 8
  },
  // A plant stops for proof, never for a guess, and nothing is installed behind its back.
  industrial: {
    ...OPEN,
    silenceMaxMs: 10 * MINUTE_MS,
    anchorAgeMaxMs: HOUR_MS,
    speedMaxMetresPerSecond: 1,
    onFork: 1,
    firmwareConsent: 1,
    verdictsMin: 1
  },
  'medical-safe': {
    ...OPEN,
    sealing: 1,
    silenceMaxMs: 5 * MINUTE_MS,
    anchorAgeMaxMs: HOUR_MS,
    readersMax: 4,
    firmwareConsent: 1,
    verdictsMin: 2
  },
  // It moves, at most as fast as a train, and where it goes is for few eyes.
  tracker: {
    ...OPEN,
    sealing: 1,
    silenceMaxMs: HOUR_MS,
    anchorAgeMaxMs: DAY_MS,
    speedMaxMetresPerSecond: 90,
    onFork: 1,
    heuristicQuarantine: 1,
    readersMax: 4
  }
}

/** The names of all presets. */
export const PRESET_NAMES: readonly PresetName[] = Object.keys(PRESETS) as PresetName[]

/** Whether a text names a preset. */
export function isPresetName(text: string): text is PresetName {
  return Object.hasOwn(PRESETS, text)
}

/**
 * The overlay of a preset for a class of devices.
 *
 * @param canSeal - of the class version: where a device cannot seal, a profile that asks for it
 * would leave it without a word to say
 */
export function presetOverlay(name: PresetName, canSeal: boolean): ProfileOverlay {
  const overlay = PRESETS[name]
  return canSeal ? overlay : { ...overlay, sealing: null }
}
