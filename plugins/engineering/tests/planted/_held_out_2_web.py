"""Pages of the second part: a parlour's site, its styles and scripts, and who is shut out."""

from __future__ import annotations

_SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>\n'

_HOME = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>The {c} parlour</title>
  <link rel="stylesheet" href="css/parlour.css?v=3">
  <link rel="icon" href="/favicon.ico" sizes="any">
  <link rel="preload" as="font" href="fonts/{c}.woff2" crossorigin> ⟦missing-asset⟧
  <script type="module" src="js/main.js"></script>
  <script src="https://cdn.example/analytics.js" defer></script>
</head>
<body>
  <a class="skip" href="#content">Skip to the content</a>
  <nav>
    <ul>
      <li><a href="index.html" aria-current="page">Home</a>
      <li><a href="cones.html">Cones</a>
      <li><a href="opening-hours.html">Opening hours</a> ⟦missing-page⟧
      <li><a href="book.html#vegan">Vegan</a> ⟦missing-anchor⟧
      <li><a href="cones.html#sorbets">Sorbets</a>
    </ul>
  </nav>
  <main id="content">
    <h1>Ice, since 1931</h1>
    <p>Open daily
    <p>Closed when it snows
    <img src="img/Cone.svg" alt="A cone with two scoops"> ⟦wrong-case⟧
    <img src="img/cone.svg" srcset="img/cone.svg 1x, img/cone.svg 2x" alt="">
    <section id="story" class="wide" data-kind="a" class="tinted"> ⟦duplicate-attribute⟧
      <h2>Our story</h2>
      <p>It began with one recipe</b> and a cellar.</p> ⟦stray-end-tag⟧
      <p>It goes on with <strong>forty</strong>.</p>
    </section>
    <section>
      <h2>News</h2>
      <center>New: pistachio</center> ⟦obsolete-element⟧
      <ul id="story"> ⟦duplicate-id⟧
        <li>Two more machines
        <li>Longer evenings
      </ul>
      <template><div id="content"></div></template>
    </section>
    <div class="spacer" /> ⟦self-closed-element⟧
    <p>Come in.</p>
    <my-scoop flavour="lemon"></my-scoop>
    <buton type="submit">Order</buton> ⟦mistyped-element⟧
  </main>
  <table>
    <caption>Prices</caption>
    <p>All in euro.</p> ⟦moved-out-of-table⟧
    <tr><th scope="col">Scoops<th scope="col">Price
    <tr><td>1<td>1.60
  </table>
  <img hidden src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">
  <script type="text/x-template"><div><span></div></script>
</body>
</html>
"""

_CONES = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Cones</title>
<link rel="stylesheet" href="css/parlour.css">
</head>
<body>
<h1 id="sorbets">Sorbets</h1>
<p>See <a href="./">home</a>, <a href="mailto:ice@parlour.example">write</a>,
<a href="#">up</a>, <a href="#top">top</a>.</p>
<form action="/orders" method="post">
  <input type="text" name="name" aria-label="Your name" required>
  <button>Send</button>
</form>
<script>
  const form = document.querySelector("form");
  form.addEventListener("submit", (event => {
    event.preventDefault();
  }); ⟦script-syntax⟧
</script>
</body>
</html>
"""

_STYLE = """/* The parlour: https://parlour.example // not a comment */
@import url("print.css") print;

:root {
  --mint: oklch(90% 0.08 160);
  --gap: clamp(0.5rem, 2vw, 1.5rem);
}

body {
  margin: 0;
  font: 1rem/1.5 system-ui, sans-serif;
  colour: #222; ⟦mistyped-property⟧
  background: var(--mint);
  padding: calc(var(--gap) + 2px) var(--space, 1rem);
}

.skip:not(:focus) { position: absolute; left: -999px; }

nav ul {
  display: flex;
  gap: var(--gpa); ⟦undefined-variable⟧
  list-style: none;
  justify-content: centre; ⟦mistyped-value⟧
  -webkit-user-select: none;
  user-select: none;
}

nav a:hoover { ⟦mistyped-pseudo⟧
  text-decoration: underline;
}

nav a:is(:hover, :focus-visible)::after { content: "{"; }

.wide {
  width: 100wv; ⟦unknown-unit⟧
  max-width: 1200 px; ⟦detached-unit⟧
  height: 100vh;
  height: 100dvh;
  line-height: 1.4;
  border: 1px solid #12345; ⟦invalid-colour⟧
}

.tinted {
  // the colour of the first sign ⟦line-comment⟧
  background: rgb(10 20 30 / 40%);
  margin-top: 24; ⟦length-without-unit⟧
  z-index: 24;
  flex: 1;
}

.spacer {
  height: 2rem ⟦missing-semicolon⟧
  background: none;
}

.card {
  & > h2 { margin: 0; }
  @media (hover: hover) { &:hover { scale: 1.02; } }
  background-color #fff; ⟦missing-colon⟧
}

@media (max-widht: 40em) { ⟦mistyped-feature⟧
  nav ul { display: block; }
}

@medai print { ⟦mistyped-at-rule⟧
  nav { display: none; }
}

@supports (display: grid) and (not (display: inline-grid)) {
  .wide { float: none; }
}

.sign {
  background: url("../img/sign.png") no-repeat; ⟦missing-asset⟧
  mask-image: url(../img/cone.svg);
}
"""

_MAIN_JS = """import { open } from "./door.js";
import { close } from "./window.js"; ⟦missing-module⟧

const flavours = new Map([["lemon", 1], ["mint", 2]]);
const pattern = /[/"'`]+/g;

export async function order(name) {
  const { default: menu } = await import("./door.js");
  const label = `${name.replace(pattern, "")} (${flavours.get(name) ?? `no ${name}`})`;
  return open(menu, label) || close();
}

// import { gone } from "./gone.js";
document.querySelector("#story")?.addEventListener("click", () => order("mint"));
"""

_DOOR_JS = """export const open = (menu, label) => menu.includes(label);

<<<<<<< HEAD ⟦merge-conflict⟧
export default ["lemon"];
=======
export default ["lemon", "mint"];
>>>>>>> flavours
"""

_MENU_JSON = """{
  "currency": "EUR",
  "scoops": {"1": 1.6, "2": 3.1},
  "cone": true,
  "toppings": ["nuts", "cream"],
  "currency": "CHF", ⟦duplicate-key⟧
  "note": "one, \\"two\\", three"
}
"""

_HOURS_JSON = """{
  "monday": [10, 20]
  "sunday": [12, 20] ⟦json-syntax⟧
}
"""

FRONTEND: dict[str, str] = {
    "parlour/index.html": _HOME,
    "parlour/cones.html": _CONES,
    "parlour/favicon.ico": "ico\n",
    "parlour/css/parlour.css": _STYLE,
    "parlour/css/print.css": "nav { display: none }\n",
    "parlour/img/cone.svg": _SVG,
    "parlour/js/main.js": _MAIN_JS,
    "parlour/js/door.js": _DOOR_JS,
    "parlour/data/menu.json": _MENU_JSON,
    "parlour/data/hours.json": _HOURS_JSON,
}

_BOOK = """<!DOCTYPE html>
<html> ⟦page-without-language⟧
<head>
  <meta charset="utf-8">
  <title></title> ⟦page-without-title⟧
  <meta name="viewport" content="width=device-width, user-scalable=no"> ⟦zoom-forbidden⟧
  <meta http-equiv="refresh" content="30"> ⟦timed-refresh⟧
  <style>
    body { color: #222; background: #fff; }
    .hint { color: #bbb; background-color: #fff; }
    .sign { color: #fff; background: #205020; }
  </style>
</head>
<body>
  <header>
    <a href="index.html"><svg aria-hidden="true"><path d="M0 0"/></svg></a> ⟦link-without-name⟧
    <a href="cones.html"><svg role="img" aria-label="Cones" viewBox="0 0 8 8"></svg></a>
    <button class="menu"><i class="icon-menu"></i></button> ⟦button-without-name⟧
    <button class="close" aria-label="Close"><i class="icon-x"></i></button>
    <button title="Search"><img src="img/cone.svg" alt=""></button>
  </header>
  <main>
    <h1>Book a table</h1>
    <h2><span class="icon"></span></h2> ⟦empty-heading⟧
    <p class="hint">We keep it for a quarter of an hour.</p> ⟦low-contrast⟧
    <p class="sign">Open</p>
    <marquee>Two scoops for one on Mondays</marquee> ⟦moving-text⟧⟦frontend/obsolete-element⟧
    <img src="img/cone.svg"> ⟦image-without-alt⟧
    <img src="img/cone.svg" role="presentation">
    <form action="/book" method="post">
      <label for="guest">Name</label> <input id="guest" name="guest" autocomplete="name">
      <label for="mial">Mail</label> ⟦missing-label-target⟧
      <input id="mail" name="mail" type="email" aria-labelledby="guest-note">
      <span id="guest-note">Mail address</span>
      <label>Guests <input type="number" name="guests" min="1"></label>
      <select name="hour"> ⟦control-without-label⟧
        <option>18</option>
        <option>20</option>
      </select>
      <input type="hidden" name="csrf" value="1">
      <input type="submit" value="Book">
      <input type="text" name="day" tabindex="3" aria-label="Day"> ⟦positive-tabindex⟧
      <div role="buton" tabindex="0">More</div> ⟦unknown-role⟧
      <div role="group" aria-labeledby="guest-note">Options</div> ⟦unknown-aria⟧
      <div role="status" aria-live="loud">Saved</div> ⟦aria-value⟧
      <a href="cones.html"><button type="button">Cones</button></a> ⟦nested-control⟧
    </form>
    <div aria-hidden="true"><a href="cones.html">Again</a></div> ⟦hidden-but-focusable⟧
    <iframe src="cones.html"></iframe> ⟦frame-without-title⟧
    <iframe src="cones.html" title="Cones"></iframe>
    <video src="img/tour.mp4" autoplay muted loop playsinline></video> ⟦frontend/missing-asset⟧
    <table role="presentation"><tr><td>a<td>b</table>
  </main>
</body>
</html>
"""

_CARD_JSX = """import { useId } from "react";

export function Card({ product, onPick, children }) {
  const id = useId();
  return (
    <article aria-labelledby={id} lang="de-AT">
      <h3 id={id}>{product.name}</h3>
      <img src={product.image} className="card__image" /> ⟦image-without-alt⟧
      <img src={product.logo} alt={product.brand} {...product.rest} />
      <img {...product.picture} />
      <button onClick={() => onPick(product)}>{children}</button>
      <label htmlFor={`${id}-count`}>Scoops</label>
      <input id={`${id}-count`} type="number" />
      <p lang="english">{product.note}</p> ⟦language-code⟧
    </article>
  );
}
"""

_FAQ_VUE = """<script setup>
defineProps({ items: Array });
</script>

<template>
  <section>
    <details v-for="item in items" :key="item.id">
      <summary>{{ item.question }}</summary>
      <img :src="item.picture" :alt="item.caption">
      <a :href="item.link" v-text="item.label"></a>
      <button @click="$emit('close')"><svg><path d="M0 0"/></svg></button> ⟦button-without-name⟧
      <p>{{ item.answer }}</p>
    </details>
  </section>
</template>
"""

UX: dict[str, str] = {
    "parlour/book.html": _BOOK,
    "parlour/src/Card.jsx": _CARD_JSX,
    "parlour/src/Faq.vue": _FAQ_VUE,
    "parlour/package.json": (
        '{\n  "name": "parlour",\n  "private": true,\n'
        '  "dependencies": { "react": "^18.3.1", "vue": "^3.5.13" }\n}\n'
    ),
}
