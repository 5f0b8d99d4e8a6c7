/** See `process-lock.mjs`. */
export declare function tryLock(path: string): { release: () => void } | { heldBy: number }
export declare function waitForLock(
  path: string,
  onWait: (pid: number) => void,
): Promise<{ release: () => void }>
