"""What the UX designer is to find: pages, templates and components that shut people out."""

from __future__ import annotations

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, maximum-scale=1"> ⟦zoom-forbidden⟧
<title>Visit the {a}</title>
<style>
.{a}-pale { color: #bbb; }
.{a}-dark { color: #fff; background-color: #222; }
.{a}-wide { width: 900px; }
.{a}-box { overflow-x: auto; }
.{a}-shade { color: #eee; background-image: linear-gradient(#000, #222); }
</style>
</head>
<body>
<h1>Visit the {a}</h1>
<img src="{a}.svg" alt="">
<img src="{a}.svg" alt="A {a} in the morning">
<img src="{a}.svg"> ⟦image-without-alt⟧
<a href="{b}.html"><img src="{a}.svg" alt="To the {b}"></a>
<a href="{b}.html"><svg viewBox="0 0 9 9" width="9"><path d="M0 0h9"/></svg></a> ⟦link-without-name⟧
<a href="{b}.html"><svg viewBox="0 0 9 9" width="9"><title>{B}</title></svg></a>
<a href="{b}.html" aria-label="{B}"><i class="icon"></i></a>
<a id="{a}-anchor"></a>
<p class="{a}-dark">Light on dark is fine.</p>
<p class="{a}-shade">A gradient is behind this.</p>
<p class="{a}-pale">This can hardly be read.</p> ⟦low-contrast⟧
<p style="color: #fafafa; background: #fff">Nor can this.</p> ⟦low-contrast⟧
<div class="{a}-box"><div class="{a}-wide">This may be wide, it scrolls by itself.</div></div>
<iframe src="{b}.html" title="The {b}"></iframe>
<iframe src="{b}.html"></iframe> ⟦frame-without-title⟧
<div role="navigation" aria-label="Main">Here</div>
<div role="navigtion">There</div> ⟦unknown-role⟧
<p aria-live="polite" aria-atomic="true">Done.</p>
<p aria-lable="Done">Done.</p> ⟦unknown-aria⟧
<p aria-busy="yes">Busy.</p> ⟦aria-value⟧
<button type="button" aria-hidden="true">Close</button> ⟦hidden-but-focusable⟧
<button type="button" aria-hidden="true" tabindex="-1">Close</button>
<h2>Hours</h2>
<table><caption>Hours</caption><tr><th>Day</th><td>All</td></tr></table>
<table><caption>Prices</caption><tr><td>One</td><td>2</td></tr></table> ⟦table-without-headers⟧
<audio src="{a}.ogg" controls></audio>
<audio src="{a}.ogg" autoplay></audio> ⟦autoplaying-sound⟧
<video src="{a}.webm" autoplay muted></video>
<p tabindex="0">Reached in order.</p>
<p tabindex="5">Reached first of all.</p> ⟦positive-tabindex⟧
<a href="{b}.html" accesskey="s">One</a>
<a href="{b}.html" accesskey="s">Two</a> ⟦duplicate-accesskey⟧
</body>
</html>
"""

_FORM = """<!doctype html>
<html> ⟦page-without-language⟧
<head><meta charset="utf-8"><title>Join</title></head>
<body>
<h1>Join</h1>
<h2></h2> ⟦empty-heading⟧
<form action="/join" method="post">
<label for="{a}-name">Name</label> <input id="{a}-name" name="name">
<label>Mail <input name="mail" type="email"></label>
<input name="phone" aria-label="Phone">
<input name="token" type="hidden" value="1">
<input name="street"> ⟦control-without-label⟧
<input name="town" placeholder="Town"> ⟦placeholder-as-label⟧
<select name="country" title="Country"><option>A</option></select>
<select name="county"><option>B</option></select> ⟦control-without-label⟧
<label for="{a}-nobody">Nobody</label> ⟦missing-label-target⟧
<textarea name="note" aria-labelledby="{a}-note"></textarea> <span id="{a}-note">Note</span>
<button><span class="icon-send"></span></button> ⟦button-without-name⟧
<button><span class="icon-send"></span> Send</button>
<button id="{a}-later"></button>
<div hidden><input name="unseen"></div>
<a href="/rules"><button type="button">Rules</button></a> ⟦nested-control⟧
</form>
</body>
</html>
"""

_WIDE = """<!doctype html>
<html lang="english"> ⟦language-code⟧
<head><meta charset="utf-8"><title>Map</title><link rel="stylesheet" href="{c}.css">
<meta name="viewport" content="width=device-width, initial-scale=1, maximum-scale=5"></head>
<body>
<h1>Map</h1>
<div class="{c}-map">Too wide for a telephone.</div> ⟦scrolls-sideways⟧
<div class="{c}-keys">
<a class="{c}-key" href="#{c}-map" title="In">+</a> ⟦small-target⟧
<a class="{c}-key" href="#{c}-map" title="Out">-</a>
</div>
<p>Text with <a href="#{c}-map">a link</a> and <a href="#{c}-map">another</a>.</p>
<p id="{c}-map">Here.</p>
</body>
</html>
"""

_WIDE_STYLE = """.{c}-map { width: 800px; background: #eee; color: #222 }
.{c}-key { display: inline-block; width: 12px; height: 12px; overflow: hidden }
"""

_NAMELESS = """<!doctype html> ⟦page-without-title⟧
<html lang="en">
<head><meta charset="utf-8">
</head>
<body><p>Wait.</p><marquee>News</marquee> ⟦moving-text⟧⟦frontend/obsolete-element⟧
</body>
</html>
"""

_TEMPLATE = """{% extends "base.html" %}
<div>
<img src="{{ item.picture }}"> ⟦image-without-alt⟧
<img src="{{ item.picture }}" alt="{{ item.name }}">
<img src="{{ item.picture }}" {{ item.attributes }}>
<button>{% if open %}Close{% else %}Open{% endif %}</button>
<button>{{ label }}</button>
<button class="menu"><i class="fa fa-bars"></i></button> ⟦button-without-name⟧
<input id="{{ field.id }}" name="{{ field.name }}">
<input type="{{ field.type }}" name="{{ field.name }}">
{# <img src="commented.png"> #}
{% comment %}<img src="commented.png">{% endcomment %}
</div>
"""

_ERB = """<div>
<%= image_tag "{a}.svg" %>
<a href="<%= path %>"><%= name %></a>
<a href="<%= path %>"><i class="fa fa-pencil"></i></a> ⟦link-without-name⟧
<img src="<%= url %>" <%= more %>>
</div>
"""

_VUE = """<script setup>
const html = '<img src="a.png">'
</script>
<template>
  <div>
    <img :src="picture" :alt="words">
    <img :src="picture"> ⟦image-without-alt⟧
    <img v-bind="everything">
    <{A}Button><i class="icon" /></{A}Button>
    <button v-text="words" />
    <button><{A}Icon /></button>
    <input v-model="name" aria-label="Name">
    <input v-model="age"> ⟦control-without-label⟧
    <label>Mail <input v-model="mail"></label>
  </div>
</template>
"""

_SVELTE = """<script>
  let tag = '<img src="a.png">';
</script>
<div>
<img {src} {alt}>
<img src={src} alt={words}>
<img src={src}> ⟦image-without-alt⟧
<button on:click={() => go({ to: 1 })}>{words}</button>
</div>
"""

_MAIL = """<html lang="en"><body><table><tr><td><font color="#222">Hello {{ name }}</font></td></tr>
</table><p><img src="{{ pixel }}" width="1" height="1"></p></body></html>
"""

PLANTED = {
    "museum/visit.html": _PAGE,
    "museum/{b}.html": '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{B}'
    "</title></head><body><h1>{B}</h1></body></html>\n",
    "museum/{a}.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"></svg>\n',
    "museum/{a}.ogg": "no sound\n",
    "museum/{a}.webm": "no film\n",
    "museum/join.html": _FORM,
    "museum/map.html": _WIDE,
    "museum/{c}.css": _WIDE_STYLE,
    "museum/wait.html": _NAMELESS,
    "museum/next.html": '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
    '<meta http-equiv="refresh" content="20; url=wait.html"> ⟦timed-refresh⟧\n'
    "<title>Next</title></head><body><p>Next.</p></body></html>\n",
    "museum/templates/item.html": _TEMPLATE,
    "museum/views/show.html.erb": _ERB,
    "museum/components/{A}Card.vue": _VUE,
    "museum/components/{B}List.svelte": _SVELTE,
    "museum/mails/hello.html": _MAIL,
    "museum/tests/page.html": "<html><img src='a.png'><button></button></html>\n",
}
