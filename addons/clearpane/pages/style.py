"""How the built-in pages look: one style for all of them, in light and in dark.

What it is about sets the tone: `stop` for what was blocked, `care` for what needs a second look,
`calm` for a question. Every pair of colours has a contrast of 4.5 to 1 or more (WCAG 2.2, 1.4.3).
"""

STYLE = """\
:root {
  color-scheme: light dark;
  --paper: #f4f5f7; --card: #fff; --ink: #1d2430; --soft: #566072; --line: #e1e4ea;
  --stop: #b3261e; --stop-tint: #fcefed;
  --care: #8a5200; --care-tint: #fdf3e3;
  --calm: #1f5fa8; --calm-tint: #eaf2fc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12151b; --card: #1b2028; --ink: #e9ecf2; --soft: #a7b0c0; --line: #2e3542;
    --stop: #ff9d92; --stop-tint: #33211f;
    --care: #f5bd6a; --care-tint: #302718;
    --calm: #8fc1fb; --calm-tint: #1b2a3c;
  }
}
.stop { --mark: var(--stop); --tint: var(--stop-tint); }
.care { --mark: var(--care); --tint: var(--care-tint); }
.calm { --mark: var(--calm); --tint: var(--calm-tint); }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.25rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans",
    sans-serif;
}
main {
  width: 100%; max-width: 38rem; padding: clamp(1.25rem, 5vw, 2.75rem);
  background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
  box-shadow: 0 1px 2px rgb(0 0 0 / .04), 0 12px 32px rgb(0 0 0 / .06);
  overflow-wrap: anywhere;
}
.sign {
  display: grid; place-items: center; width: 3.25rem; height: 3.25rem; margin-bottom: 1.25rem;
  border-radius: 50%; background: var(--tint); color: var(--mark);
}
h1 {
  margin: 0 0 .5rem; font-size: clamp(1.4rem, 6vw, 1.75rem); line-height: 1.2;
  letter-spacing: -.01em;
}
h2 { margin: 1.75rem 0 .25rem; font-size: 1rem; }
p { margin: 0 0 .75rem; }
.cause {
  padding: .75rem 1rem; border-left: 3px solid var(--mark); border-radius: 0 .5rem .5rem 0;
  background: var(--tint);
}
.cause:empty, dd:empty { display: none; }
dt:has(+ dd:empty) { display: none; }
dl {
  display: grid; grid-template-columns: max-content 1fr; gap: .4rem 1.25rem; margin: 1.25rem 0 0;
}
dt, label { color: var(--soft); }
dd { margin: 0; }
a { color: var(--mark); }
.soft { color: var(--soft); margin-bottom: 0; }
form { margin: 1.25rem 0 0; }
label { display: block; }
button, input {
  font: inherit; padding: .6rem 1.1rem; border: 2px solid var(--mark); border-radius: .5rem;
  background: var(--card); color: var(--ink);
}
input { width: 100%; max-width: 22rem; padding: .6rem .75rem; }
button { margin: 0 .5rem .5rem 0; cursor: pointer; }
button[value=yes] { background: var(--mark); color: var(--card); font-weight: 600; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
@media (max-width: 26rem) {
  body { padding: .5rem; place-items: start center; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .6rem; }
  button { width: 100%; margin-right: 0; }
}
@media print { body { background: none; } main { border: 0; box-shadow: none; } }
"""

# Drawings of 24 by 24, in strokes.
LOCK = """\
<rect x="4.5" y="10.5" width="15" height="10" rx="2.2"></rect>
<path d="M8 10.5V7.4a4 4 0 0 1 7.7-1.5M12 14.2v2.6"></path>"""
SHIELD = """\
<path d="M12 2.8 4.5 5.6v5.6c0 4.7 3.1 8.4 7.5 10 4.4-1.6 7.5-5.3 7.5-10V5.6z"></path>
<path d="m9.2 9.2 5.6 5.6m0-5.6-5.6 5.6"></path>"""
BARRED = """\
<circle cx="12" cy="12" r="9"></circle>
<path d="m5.7 5.7 12.6 12.6"></path>"""
WARNING = """\
<path d="M12 3.2 2.8 19.4a1.2 1.2 0 0 0 1 1.8h16.4a1.2 1.2 0 0 0 1-1.8z"></path>
<path d="M12 9.6v5M12 17.8v.2"></path>"""
FILE = """\
<path d="M13.5 2.8H7a2 2 0 0 0-2 2v14.4a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8.3z"></path>
<path d="M13.5 2.8v5.5H19M9.6 12l4.8 4.8m0-4.8-4.8 4.8"></path>"""
EYE = """\
<path d="M2.2 12S5.8 5.4 12 5.4 21.8 12 21.8 12 18.2 18.6 12 18.6 2.2 12 2.2 12z"></path>
<circle cx="12" cy="12" r="2.8"></circle>"""
