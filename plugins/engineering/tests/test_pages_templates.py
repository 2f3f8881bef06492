"""What is judged in templates by the whole repository: tags of a server, names, uses, ids."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from genesis_engineering.pages.mentions import Name
from genesis_engineering.pages.templates import UNKNOWN, mask_expressions
from genesis_engineering.reporting import is_secondary
from hypothesis import given
from hypothesis import strategies as st

from plugins.engineering.tests.page_files import check, page, places

Files = dict[str, str | bytes]


@pytest.fixture(autouse=True)
def _no_browser(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a browser sees has tests of its own; here it would only cost time."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "git").symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(
    "body",
    [
        '<a href="#b"><span class="inner"><mail:label name="back" /></span></a>',
        "<a href=\"#b\" title=\"<mail:label name='back' />\"><i class='x'></i></a>",
        '<a href="#b" title="<mail:label name="back" />"><i class="x"></i></a>',
        '<button><c:out value="a > b"/></button>',
        '<button type="button"><tal:block content="a">x</tal:block></button>',
        "<button><fmt:message\n key='a'/></button>",
        "<label><t:outputText value='x'/><input></label>",
    ],
)
def test_a_tag_with_a_prefix_may_be_any_text(tmp_path: Path, body: str) -> None:
    assert places(check("accessibility", tmp_path, {"a.html": page(body)})) == []


@pytest.mark.parametrize(
    "body",
    [
        '<button><svg:svg><svg:path d="M0 0"/></svg:svg></button>',
        "<button><o:p></o:p></button>",
        "<button><i class='c:out'></i></button><!-- <c:out value='x'/> -->",
        "<button><i></i></button><script>a = '<c:out>'</script>",
    ],
)
def test_what_a_browser_knows_itself_is_no_text_of_a_server(tmp_path: Path, body: str) -> None:
    files: Files = {"a.html": page(body)}
    assert places(check("accessibility", tmp_path, files)) == [
        "medium button-without-name a.html:4"
    ]


_PIECES = st.sampled_from(
    ["<a:b ", "</a:b>", "/>", ">", '"', "'", "<!--", "-->", "<script>", "</script>", "x", "\n", "<"]
)


@given(st.lists(_PIECES).map("".join))
def test_hiding_the_tags_of_a_server_keeps_every_place(text: str) -> None:
    masked = mask_expressions(text, ".html").text
    assert len(masked) == len(text)
    assert all(
        after in (before, UNKNOWN) and (before == "\n") == (after == "\n")
        for before, after in zip(text, masked, strict=True)
    )


def test_unended_tags_of_a_server_are_read_in_one_go() -> None:
    for piece in ("<a:b ", '<a:b "', "<a:b '\"", "<!--<a:b", "<script><a:b ", "<a:b x=\"'",
                  "<? '\\'?>", "<?<<<A\n?>", "<?/*?>", "<?//", '<?"\\"'):  # fmt: skip
        text = piece * (600_000 // len(piece))
        assert len(mask_expressions(text, ".html").text) == len(text)


@pytest.mark.parametrize(
    "code",
    ["$a = '?>'; $b = 'it\\'s ?>'", '$a = "|<iframe.*?>|"', "/* a ?> b */",
     "/** '\n * <?xml ?>\n */", "$a = <<<HTML\nit's ?>\nHTML;", "// don't\n$a = '?>'",
     "# don't\n$a = '?>'"],
)  # fmt: skip
def test_php_does_not_end_in_a_string_or_a_comment(tmp_path: Path, code: str) -> None:
    text = f"<?php {code}; f('<div><img src=a.png>') ?>\n<div><img src='b.png'></div>"
    found = places(check("accessibility", tmp_path, {"a.php": text}))
    assert found == [f"medium image-without-alt a.php:{text.count(chr(10)) + 1}"]


@pytest.mark.parametrize("code", ["// it's ?>", "$a = 'b' ?>", "# a ?>", "$a = 'unclosed ?>"])
def test_php_ends_where_its_line_comment_or_its_code_does(tmp_path: Path, code: str) -> None:
    text = f"<?php {code}\n<div><img src=b.png></div>"
    assert places(check("accessibility", tmp_path, {"a.php": text})) == [
        "medium image-without-alt a.php:2"
    ]


@pytest.mark.parametrize(
    "title",
    ['tal:content="string:Keys">', 'th:text="#{t}">old', "v-text='t'>", "x-text='t'>",
     "metal:use-macro='m'>", "><fmt:message key='t'/>"],
)  # fmt: skip
def test_a_title_that_a_framework_fills_is_a_title(tmp_path: Path, title: str) -> None:
    text = f'<!doctype html><html lang="en"><title {title}</title><body>x</body></html>'
    assert places(check("accessibility", tmp_path, {"a.html": text})) == []
    plain = '<!doctype html><html lang="en"><title class="a"></title><body>x</body></html>'
    assert places(check("accessibility", tmp_path, {"a.html": plain})) == [
        "medium page-without-title a.html:1"
    ]


def test_the_words_on_a_button_name_the_link_around_it(tmp_path: Path) -> None:
    body = "\n".join(
        f'<a href="b"><input type={kind}></a>'
        for kind in ("button value=' Go '", "submit value='Go'", "button", "button value=' '")
    )
    files: Files = {"a.html": page(body)}
    found = [one for one in places(check("accessibility", tmp_path, files)) if "link" in one]
    assert found == ["medium link-without-name a.html:6", "medium link-without-name a.html:7"]


_BARE = "<!doctype html><html><head>{}</head><body>x</body></html>"


@pytest.mark.parametrize(
    ("head", "severity"),
    [
        ("<title>Slick Playground</title>", "low"),
        ("<title>Slick Example Page</title>", "low"),
        ("<title>Demo: a slider</title>", "low"),
        ("<title>a table</title><script src='./gone.js'></script>", "low"),
        ("<title>a table</title><script src='demo.js'></script>", "low"),
        ("<title>a table</title><script src='there.js'></script>", "medium"),
        ("<title>a table</title><script src='/gone.js'></script>", "medium"),
        ("<title>a table</title><script src='https://a.org/gone.js'></script>", "medium"),
        ("<title>The demo that we held in May</title>", "medium"),
    ],
)
def test_what_a_page_for_developers_lacks_as_a_whole_is_low(
    tmp_path: Path, head: str, severity: str
) -> None:
    files: Files = {"a.html": _BARE.format(head), "there.js": "1", "demo.js": "1"}
    assert places(check("accessibility", tmp_path, files)) == [
        f"{severity} page-without-language a.html:1"
    ]


def test_a_control_in_a_page_for_developers_needs_a_label_all_the_same(tmp_path: Path) -> None:
    text = "<html lang=en><title>Playground</title><body><select></select></body></html>"
    assert places(check("accessibility", tmp_path, {"a.html": text})) == [
        "medium control-without-label a.html:1"
    ]


def test_a_page_that_javadoc_takes_the_body_of_has_no_head_of_its_own(tmp_path: Path) -> None:
    files: Files = {
        "src/a/package.html": "<html><body>x</body></html>", "src/a/A.java": "class A {}",
        "src/package.html": "<html lang=en><body>x</body></html>",
    }  # fmt: skip
    assert places(check("accessibility", tmp_path, files)) == [
        "low page-without-language src/a/package.html:1",
        "low page-without-title src/a/package.html:1",
        "medium page-without-title src/package.html:1",
    ]


@pytest.mark.parametrize(
    ("title", "body", "severity"),
    [
        ("{% trans 'Popup closing...' %}", "{% get as a %}<div data-x='{{ a }}'></div>", "low"),
        ("Redirecting", "<div id='a'></div>", "low"),
        ("{% trans 'Popup closing...' %}", "{{ data }}", "medium"),
        ("{% trans 'Popup' %}", "{% get as data %}<div data-x='{{ data }}'></div>", "medium"),
        ("Closing", "<p>Wait.</p>{{ data }}", "medium"),
    ],
)  # fmt: skip
def test_a_window_that_closes_before_it_is_read_needs_no_language(
    tmp_path: Path, title: str, body: str, severity: str
) -> None:
    text = (
        f"<!doctype html><html><head><title>{title}</title><script src='{{{{ a }}}}'></script>"
        f"</head><body>{body}</body></html>"
    )
    assert places(check("accessibility", tmp_path, {"a.html": text})) == [
        f"{severity} page-without-language a.html:1"
    ]


def test_a_page_without_anything_to_read_hardly_needs_a_title(tmp_path: Path) -> None:
    text = '<!doctype html><html lang="en"><title></title><body></body></html>'
    assert places(check("accessibility", tmp_path, {"a.html": text})) == [
        "low page-without-title a.html:1"
    ]


@pytest.mark.parametrize(
    "path",
    ["a/example_blueprint/b.html", "demo-app/b.py", "a/sample_shop/b.py", "examples-old/b.py",
     "a/templates/development/parts/b.html", "templates/style_guide/b.html",
     "views/styleguide/b.erb", "a/Style-Guide/../docs/b.md", "templates/grp_doc/b.html",
     "shop-docs/b.py", "a/testapp/b.html"],
)  # fmt: skip
def test_examples_and_style_guides_are_secondary_by_their_folder(path: str) -> None:
    assert is_secondary(path)


@pytest.mark.parametrize(
    "path",
    ["a/demography/b.py", "sampler/b.py", "example_shop.py", "democracy-2/b.py",
     "src/development/b.py", "templates/developments/b.html", "a/styleguide/b.py",
     "a/mydocs/b.py", "shop_doc.py", "testapps/b.py"],
)  # fmt: skip
def test_folders_that_only_begin_alike_are_not(path: str) -> None:
    assert not is_secondary(path)


_IMAGE = "{% if a %}<div><img src='{{ b }}'></div>{% endif %}"
_VIEWS = "".join(f"render('shop/{name}.html')\n" for name in ("list", "cart", "pay", "done"))
_USED: Files = {
    "a/views.py": _VIEWS,
    **{f"a/templates/shop/{name}.html": "<p>x</p>" for name in ("list", "cart", "pay", "done")},
}


def test_what_is_wrong_in_a_template_that_nothing_names_is_low(tmp_path: Path) -> None:
    files = {
        **_USED,
        "a/templates/shop/old_trackback.html": _IMAGE,
        "a/locale/de.po": "#: a/templates/shop/old_trackback.html:1",
        "a/templates/shop/cart.html": _IMAGE,
    }
    files["a/templates/shop/old_trackback.html"] = f"{_IMAGE}<a class='x' class='y'>z</a>"
    assert places(check("accessibility", tmp_path, files)) == [
        "medium image-without-alt a/templates/shop/cart.html:1",
        "low image-without-alt a/templates/shop/old_trackback.html:1",
    ]
    assert places(check("markup", tmp_path, files)) == [
        "low duplicate-attribute a/templates/shop/old_trackback.html:1",
    ]


@pytest.mark.parametrize(
    "use",
    [
        {"a/b.py": "render('shop/old_trackback.html')"},
        {"a/b.js": "show(`old_trackback`)"},
        {"a/templates/shop/list.html": "{% include 'shop/old_trackback.html' %}"},
        {"a/b.py": "f'shop/{kind}_trackback.html'"},
        {"a/b.py": "'shop/old_' + kind"},
        {"a/templates/shop/list.html": "{% include 'shop/' ~ kind %}"},
    ],
)
def test_a_template_that_some_text_may_mean_keeps_its_severity(tmp_path: Path, use: Files) -> None:
    files = {**_USED, "a/templates/shop/old_trackback.html": _IMAGE, **use}
    assert places(check("accessibility", tmp_path, files)) == [
        "medium image-without-alt a/templates/shop/old_trackback.html:1"
    ]


@pytest.mark.parametrize(
    "path",
    ["a/templates/404.html", "a/templates/shop/thing_detail.html", "a/templates/admin/odd_one.html",
     "app/views/shop/odd_one.html.erb", "site/layouts/odd_one.html", "a/pages/odd_one.php",
     "b/templates/odd_one.html"],
)  # fmt: skip
def test_a_template_that_is_found_by_convention_keeps_its_severity(
    tmp_path: Path, path: str
) -> None:
    files = {**_USED, path: _IMAGE}
    assert places(check("accessibility", tmp_path, files)) == [f"medium image-without-alt {path}:1"]


def test_templates_are_no_suspects_where_their_names_are_not_written_out(tmp_path: Path) -> None:
    files: Files = {
        **_USED, "a/views.py": "show('list', 'cart', 'pay', 'done')",
        "a/templates/shop/odd_one.html": _IMAGE,
    }  # fmt: skip
    assert places(check("accessibility", tmp_path, files)) == [
        "medium image-without-alt a/templates/shop/odd_one.html:1"
    ]


def test_a_pointer_of_a_fragment_to_an_id_of_no_text_is_reported(tmp_path: Path) -> None:
    files: Files = {
        "templates/a.html": "{% if a %}<div aria-labelledby='gone-title'>x</div>\n"
        "<input aria-label='{{ a }}' aria-describedby='gone-addon'>\n"
        "<p><label for='gone-field'>x</label> y</p>{% endif %}",
        "a.py": "name = 'gone_title'",
    }
    assert places(check("accessibility", tmp_path, files)) == [
        "low missing-label-target templates/a.html:1",
        "low missing-label-target templates/a.html:2",
        "low missing-label-target templates/a.html:3",
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"b.html": "<p id='far-title'>x</p>"},
        {"b.html": "<p id='{{ a }}-title'>x</p>"},
        {"b.html": "{{ heading(id='far-title') }}"},
        {"b.html": "{% include 'c.html' with id='far-title' %}", "c.html": "x"},
        {"b.js": "element.id = 'far-title'"},
        {"b.py": "FIELD = 'far-title'"},
        {"b.py": "f'{name}-title'"},
        {"b.js": "'far-' + name"},
    ],
)
def test_an_id_that_another_text_has_or_makes_is_there(tmp_path: Path, other: Files) -> None:
    files: Files = {"a.html": "{% if a %}<div aria-labelledby='far-title'>x</div>{% endif %}"}
    assert places(check("accessibility", tmp_path, {**files, **other})) == []


@pytest.mark.parametrize(
    "text",
    [
        "{% extends 'installed/base.html' %}<div aria-labelledby='far-title'>x</div>",
        "{% if a %}<p><label for='far-field'>x</label>{{ form.field }}</p>{% endif %}",
        "{% if a %}<p><label for='far-field'>x</label><my-input></my-input></p>{% endif %}",
        "{% if a %}<p><label for='id_name'>x</label></p>{% endif %}",
        "{% if a %}<p aria-describedby='{{ b }}-title'>x</p>{% endif %}",
    ],
)
def test_an_id_that_may_come_from_elsewhere_is_not_missed(tmp_path: Path, text: str) -> None:
    assert places(check("accessibility", tmp_path, {"a.html": f"<div>{text}</div>"})) == []


def test_a_label_for_the_name_of_a_field_without_an_id_is_reported(tmp_path: Path) -> None:
    text = (
        "<div><label for='{{ a.id }}'>a</label><input id='{{ a.id }}'>\n"
        "<label for='reason'>x</label>\n<textarea name='reason'></textarea></div>"
    )
    files: Files = {"a.html": text, "b.py": "reason = get('reason')"}
    assert places(check("accessibility", tmp_path, files)) == [
        "low missing-label-target a.html:2",
        "medium control-without-label a.html:3",
    ]
    files["a.html"] = text.replace("name='reason'", "name='reason' {{ attributes }}")
    assert places(check("accessibility", tmp_path, files)) == []


def test_a_label_of_a_page_means_an_id_and_no_name(tmp_path: Path) -> None:
    body = "<label for='a'>x</label>\n<input name='a' title='y'>"
    assert places(check("accessibility", tmp_path, {"a.html": page(body)})) == [
        "medium missing-label-target a.html:4"
    ]


def test_a_dialog_that_is_still_closed_is_judged_and_what_is_hidden_is_not(tmp_path: Path) -> None:
    body = (
        "<div role='dialog' aria-hidden='true'><select></select></div>\n"
        "<div aria-hidden='true'><select></select></div>\n"
        "<div class='a hidden'><select></select></div>"
    )
    assert places(check("accessibility", tmp_path, {"a.html": page(body)})) == [
        "medium control-without-label a.html:4"
    ]


def test_files_that_the_admin_of_django_ships_are_not_missed(tmp_path: Path) -> None:
    files: Files = {
        "a/static/admin/js/own.js": "1",
        "a/static/shop/js/own.js": "1",
        "a/templates/a.html": "<div>{% static 'admin/js/jquery.init.js' %}\n"
        "{% static 'shop/js/gone.js' %}</div>",
    }
    assert places(check("assets", tmp_path, files)) == [
        "medium missing-static-file a/templates/a.html:2"
    ]


_WORD = st.from_regex(r"[a-z]{3,8}", fullmatch=True)


@given(_WORD, _WORD, st.sampled_from("-_."))
def test_a_name_is_known_whole_and_by_the_parts_that_make_it(
    one: str, other: str, dash: str
) -> None:
    name = Name(f"{one}{dash}{other}")
    assert name.is_in(f"a {one}{dash}{other}.html")
    assert name.is_in(f'"{one}{dash}" + b')
    assert name.is_in(f"{{b}}{dash}{other}.html")
    assert not name.is_in(f"{one} {other}")


def test_a_file_of_make_is_no_template(tmp_path: Path) -> None:
    text = "all:\n\techo '<html><body><img src=a></body></html>' > a.html\n"
    files: dict[str, str | bytes] = {"a.mak": text, "b.mak": f"<% b = 1 %>\n{text}"}
    assert {one.file for one in check("accessibility", tmp_path, files).findings} == {"b.mak"}
