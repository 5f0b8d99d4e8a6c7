#!/usr/bin/env node
// The command line, from any directory: runs cli/main.ts as `npm start` runs the server, on the project's own Node. Plain JavaScript, for whatever
// Node (>= 20) the machine has.
process.argv.splice(2, 0, 'cli/main.ts')
await import('../dev/launch.mjs')
