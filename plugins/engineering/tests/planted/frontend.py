"""What the frontend specialist is to find: a shop's pages, its styles, scripts and files."""

from __future__ import annotations

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The {A} shop</title>
"""

_INDEX = (
    (
        _HEAD
        + """<link rel="stylesheet" href="css/{a}.css">
<link rel="stylesheet" href="css/{b}-print.css"> ⟦missing-asset⟧
<link rel="styelsheet" href="css/{a}.css"> ⟦mistyped-value⟧
<script src="js/{a}.mjs" type="module"></script>
<script src="js/{c}-old.js"></script> ⟦missing-asset⟧
</head>
<body>
<header id="{a}-top">
<a href="#{a}-top">Home</a>
<a href="{b}.html">The {b}s</a>
<a href="{c}-news.html">News</a> ⟦missing-page⟧
<a href="https://{c}.example.org/gone.html">Elsewhere</a>
<a href="orders">Your orders</a>
</header>
<img src="img/{a}.svg" alt="A {a}" width="40" height="40">
<img src="img/{A}.svg" alt="The same {a}" width="40" height="40"> ⟦wrong-case⟧
<img src="img/{a}.svg" srcset="img/{a}.svg 1x, img/{a}-l.svg 2x" alt="A big {a}"> ⟦missing-asset⟧
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">
<ul>
<li>One
<li>Two <a href="{b}.html#prices">prices</a>
</ul>
<table>
<tr><th>{A}<th>{B}
<tr><td>1<td>2
</table>
<p>Written by <a href="mailto:shop@{a}.example">us</a>.
<p>The mark <code>{{ "{" }}{a}{{ "}" }}</code> is no template.
</body>
</html>
"""
    )
    .replace('{{ "{" }}', "&#123;")
    .replace('{{ "}" }}', "&#125;")
)

_LIST = (
    _HEAD
    + """<link rel="stylesheet" href="css/{a}.css">
</head>
<body>
<h1 id="prices">The {b}s</h1>
<p id="{b}-first">First</p>
<p>See <a href="#{b}-first">the first</a> and <a href="#{b}-last">the last</a>. ⟦missing-anchor⟧
<p id="{b}-first">Another first</p> ⟦duplicate-id⟧
<div class="{a}" id="{b}-box" class="{b}">Twice</div> ⟦duplicate-attribute⟧
<form action="/search" method="get">
<label>Find <input name="q" type="serach"></label> ⟦mistyped-value⟧
<label>Where <input name="w" list="{b}-places"></label> ⟦missing-target⟧
<label>When <input name="d" list="{b}-days"></label>
<datalist id="{b}-days"><option value="Monday"><option value="Friday"></datalist>
<form method="post"><input type="hidden" name="t" value="1"></form> ⟦dropped-tag⟧
</form>
<table>
<tr><th>Name</th><th>Price</th></tr>
<p class="note">Prices include tax.</p> ⟦moved-out-of-table⟧
<tr><td>{A}</td><td>3</td></tr>
</table>
<section>
<h2>Notes</h2>
<p>One note with <b>weight</b> and <i>slant</i></p>
<div class="empty"/> ⟦self-closed-element⟧
<p>Another note, with <b>weight that never ends</p> ⟦unclosed-element⟧
</section>
<artcile>Read this.</artcile> ⟦mistyped-element⟧
<svg viewBox="0 0 9 9" width="9" aria-hidden="true"><path d="M0 0h9"/><circle r="3"/></svg>
<center>The end</center> ⟦obsolete-element⟧
</aside> ⟦stray-end-tag⟧
</body>
</html>
"""
)

_BLANK = (
    _HEAD
    + """<script src="js/{a}.mjs" type="module"/> ⟦endless-element⟧
</head>
<body>
<p>Nobody ever reads this.</p>
</body>
</html>
"""
)

_OLD = """<html lang="en"> ⟦missing-doctype⟧
<head><meta charset="utf-8"><title>Old {a}</title>
<style>
body { color: #222; background: #fff }
</style>
</head>
<body><p>Boxes are measured in another way here.</p></body>
</html>
"""

_CAFE = """<!doctype html>
<html lang="fr">
<head><title>The {c}</title></head>
<body>
<p>Ouvert toute la journée</p> ⟦missing-charset⟧
</body>
</html>
"""

_TEMPLATE = """{% extends "base.html" %}
{% load static %}
<link rel="stylesheet" href="{% static '{a}/{a}.css' %}">
<script src="{% static '{a}/{b}-menu.js' %}"></script> ⟦missing-static-file⟧
<script src="{% static 'admin/js/core.js' %}"></script>
{% if user %}<div class="in">{% else %}<div class="out">{% endif %}
<img src="{{ user.picture }}" alt="">
<a href="{{ url }}/gone.html">more</a>
<p id="row">{% for item in items %}<p id="row">{% endfor %}
<td>A cell of a table that another file opens</td>
"""

_PART = """<footer class="site">
<p>Opened here, and closed in another part</p>
<div class="wrap">
<img src="not/relative/to/this.png" alt="">
"""

_STYLE = """@charset "utf-8";
:root {
  --{a}-accent: #336699;
  --{a}-space: 12px;
}
body { margin: 0 auto; font: 16px/1.5 "Some Font", sans-serif; color: #222; background: #fff }
header {
  colour: #333; ⟦mistyped-property⟧
  background-color: #ffff;
  border-top: 1px solid #12345; ⟦invalid-colour⟧
  padding: var(--{a}-space);
}
.{a} {
  width: 10xp; ⟦unknown-unit⟧
  margin: 0 4; ⟦length-without-unit⟧
  padding: 3 px; ⟦detached-unit⟧
  height: 100vh;
  height: 100dvh;
  display: -webkit-box;
  display: flex;
  filter: progid:DXImageTransform.Microsoft.gradient(startColorstr='#12345', endColorstr='#1');
  *zoom: 1;
}
.{b} {
  color: var(--{a}-acent); ⟦undefined-variable⟧
  background: var(--bs-body-bg);
  outline: 1px solid var(--{a}-accnt, red);
}
.{b}-note {
  color: #222 ⟦missing-semicolon⟧
  margin: 0;
}
.{b}-more {
  margin 0; ⟦missing-colon⟧
  color: #222;
}
a:hoover { text-decoration: underline } ⟦mistyped-pseudo⟧
a:hover, a:focus-visible, a::-webkit-thing { text-decoration: underline }
.{c}, { color: #222 } ⟦broken-selector⟧
// a note of another language ⟦line-comment⟧
.{c} { color: #111 }
@media (max-widht: 600px) { .{c} { color: #222 } } ⟦mistyped-feature⟧
@media (min-width: 600px) and (orientation: landscape) { .{c} { & > b:is(i, u) { color: #222 } } }
@meida print { .{c} { color: #000 } } ⟦mistyped-at-rule⟧
.{d} {
  padding: 4px;
  margin: 1px;
  padding: 6px; ⟦overridden-declaration⟧
}
@keyframes {d} { 0% { top: 0 } 33.3% { top: 1px } to { top: 2px } }
@import url("{a}-late.css"); ⟦late-import⟧
.{d} .logo { background: url("../img/{a}.svg") }
.{d} .mark { background: url("../img/{d}-mark.svg") } ⟦missing-asset⟧
@font-face { font-family: "{D}"; src: url(data:font/woff2;base64,AAAA) }
"""

_OPEN_STYLE = """.{e} { color: #222 }
.{e} .inner { ⟦unclosed-block⟧
  color: #333;
.{e} .outer { color: #444 }
"""

_STRAY_STYLE = """.{f} { color: #222 }
} ⟦stray-brace⟧
.{f} .inner { color: #333 }
.{f} .outer { color: #444 }
"""

_MODULE = """import { {b} } from './{b}.js';
import {c} from './{c}-gone.js'; ⟦missing-module⟧
import { {d} } from './{D}.js'; ⟦wrong-case⟧
// import './{c}-older.js' is what this was
const text = "import x from './{c}-quoted.js'";
export async function start() {
  const later = await import('./{b}.js');
  return {b}(text, {c}, {d}, later, `${text}/{b}`);
}
"""

_BROKEN = """'use strict';
function {b}Menu(items) {
  return items.map((item) => item.name;  ⟦script-syntax⟧
}
module.exports = {b}Menu;
"""

_COMPONENT = """export const {B} = ({ name }) => <b className="{b}">{name}</b>;
"""

_VUE = """<template>
  <div class="{a}" :class="{ open }">
    <img :src="picture" alt="">
    <{B}Card type="emial" />
    <img :alt="words" :src="picture" src="fallback.png">
    <input v-model="name" aria-label="Name" type="emial"> ⟦mistyped-value⟧
  </div>
</template>
<script>
export default { name: '{a}' }
</script>
"""

_SETTINGS = """{
  "name": "{a}",
  "colour": "#12345",
  "sizes": [1, 2, 3]
  "deep": { "name": "{b}" } ⟦json-syntax⟧
}
"""

_TWICE = """{
  "{a}": 1,
  "{b}": { "{a}": 2 },
  "{a}": 3 ⟦duplicate-key⟧
}
"""

_LENIENT = """// read by an editor, which takes comments
{ "{a}": [1, 2,], }
"""

_MERGED = """.{g} { color: #222 }
<<<<<<< HEAD ⟦merge-conflict⟧
.{g} { margin: 0 }
=======
.{g} { margin: 1px }
>>>>>>> {g}
"""

_DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>
"""

PLANTED = {
    "shop/index.html": _INDEX,
    "shop/{b}.html": _LIST,
    "shop/blank.html": _BLANK,
    "shop/old.html": _OLD,
    "shop/cafe.html": _CAFE,
    "shop/img/{a}.svg": _DRAWING,
    "shop/css/{a}.css": _STYLE,
    "shop/css/{a}-late.css": ".{a} { color: #222 }\n",
    "shop/css/{e}-open.css": _OPEN_STYLE,
    "shop/css/{f}-stray.css": _STRAY_STYLE,
    "shop/css/{g}-merged.css": _MERGED,
    "shop/css/jquery-ui.css": "a { colr: red }\n",
    "shop/css/{a}.min.css": "a{colr:red}",
    "shop/js/{a}.mjs": _MODULE,
    "shop/js/{b}.js": "export const {b} = (...all) => all.length;\n",
    "shop/js/{d}.js": "export const {d} = 1;\n",
    "shop/js/{b}-menu.js": _BROKEN,
    "shop/js/{B}.jsx": _COMPONENT,
    "shop/js/{B}-flow.js": "// @flow\nexport const size = (x: number): number => x;\n",
    "shop/views/{A}.vue": _VUE,
    "shop/data/{a}-settings.json": _SETTINGS,
    "shop/data/{b}-twice.json": _TWICE,
    "shop/data/{c}-lines.json": '{ "a": 1 }\n{ "a": 2 }\n',
    "shop/data/.vscode/settings.json": _LENIENT,
    "shop/templates/{a}/list.html": _TEMPLATE,
    "shop/templates/{a}/footer.html": _PART,
    "shop/static/{a}/{a}.css": ".{a} { color: #222 }\n",
    "shop/tests/{a}-broken.html": "<b><p class=x class=y></div>\n",
}
