/** Between the code of a reason, which the engine may see, and what stays in SQL. */
const DETAIL = ' – '

/** The reason of a delivery as it is stored: its code, and what explains it. */
export function withDetail(code: string, detail: string | undefined): string {
  return detail === undefined ? code : `${code}${DETAIL}${detail}`
}

/** The code of a stored reason. */
export function codeOf(reason: string): string {
  return reason.split(DETAIL, 1)[0] ?? reason
}
