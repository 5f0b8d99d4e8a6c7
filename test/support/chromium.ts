import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

/** Where distributions put it, after what the environment says and what Playwright installs itself. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/**
 * Starts the Chromium of this machine, without a window.
 *
 * @throws {Error} where there is none, saying how to get one
 */
export async function startChromium(): Promise<Browser> {
  const places = [process.env['CHROMIUM_PATH'] ?? '', chromium.executablePath(), ...PLACES]
  const executablePath = places.find((place) => place !== '' && existsSync(place))
  if (executablePath === undefined)
    throw new Error(
      'This test needs Chromium, and there is none. Install it (Debian: apt-get install chromium; or npx playwright-core install chromium), or say where it is in CHROMIUM_PATH.',
    )
  // Containers let nobody make the sandbox.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] })
}
