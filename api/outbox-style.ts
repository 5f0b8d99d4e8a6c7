/** How the outbox looks. Served as a file of its own, so that its pages allow no inline styles. */
export const OUTBOX_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#e3e5e8, #33373d); --soft: light-dark(#646b75, #9aa3af);
  --card: light-dark(#fff, #1b1e23); --accent: light-dark(#0b5cad, #7cb7f5); }
* { box-sizing: border-box }
body { margin: 0; background: light-dark(#f6f7f9, #121417); color: light-dark(#17191c, #e8eaed);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
main { max-width: 960px; margin: 0 auto; padding: 32px 20px 64px }
a { color: var(--accent); text-decoration: none }
a:hover { text-decoration: underline }
h1 { font-size: 26px; line-height: 1.25; margin: 8px 0 4px; overflow-wrap: anywhere }
header p { margin: 0 0 20px; color: var(--soft) }
.empty { padding: 48px 20px; text-align: center; color: var(--soft); border: 1px dashed var(--line); border-radius: 10px }
.mails { list-style: none; margin: 0; padding: 0; background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; overflow: hidden }
.mails li + li { border-top: 1px solid var(--line) }
.mails a { display: grid; grid-template-columns: 1fr auto; gap: 0 16px; padding: 12px 16px; color: inherit }
.mails a:hover { background: light-dark(#f0f5fb, #22272e); text-decoration: none }
.mails a:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px }
.subject { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.when, .to, .from-journey { color: var(--soft); font-size: 14px }
.when, .from-journey { text-align: right }
time { font-variant-numeric: tabular-nums; white-space: nowrap }
.to { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
nav { margin: 16px 0 8px }
.button { display: inline-block; padding: 2px 10px; border: 1px solid var(--line); border-radius: 6px; font-size: 14px }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 16px 0 20px; padding: 14px 16px;
  background: var(--card); border: 1px solid var(--line); border-radius: 10px }
dt { color: var(--soft) }
dd { margin: 0; overflow-wrap: anywhere }
iframe { display: block; width: 100%; height: 45vh; min-height: 240px; resize: vertical; background: #fff;
  border: 1px solid var(--line); border-radius: 10px }
details { margin-top: 16px; padding: 10px 16px; background: var(--card); border: 1px solid var(--line); border-radius: 10px }
summary { cursor: pointer; font-weight: 600 }
table { margin-top: 8px; border-collapse: collapse; font-size: 14px; width: 100% }
th { width: 1%; text-align: left; font-weight: 500; color: var(--soft); vertical-align: top; padding: 3px 20px 3px 0; white-space: nowrap }
td { padding: 3px 0; overflow-wrap: anywhere; font-family: ui-monospace, SFMono-Regular, Menlo, monospace; font-size: 13px }
pre { overflow-x: auto; white-space: pre-wrap }
@media (max-width: 600px) {
  .mails a { grid-template-columns: 1fr }
  .when, .from-journey { text-align: left }
}
`
