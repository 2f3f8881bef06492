"""The second part in other languages: functions that grew, and lines that never run."""

from __future__ import annotations

import random
import string

_LETTERS = string.ascii_letters + string.digits


def _draw(length: int, seed: int, letters: str = _LETTERS) -> str:
    return "".join(random.Random(seed).choices(letters, k=length))


_REDUCER = r"""import { produce } from "immer";
import type { Action, State } from "./types";

const initial: State = { items: [], filter: null, page: 1, error: null };

export function reduce(state: State = initial, action: Action): State { ⟦complex-function⟧
  switch (action.type) {
    case "load":
      if (action.append && state.items.length > 0) {
        for (const item of action.items) {
          if (!state.items.some((known) => known.id === item.id)) {
            if (item.hidden && !action.showHidden) {
              continue;
            } else if (item.parent) {
              const parent = state.items.find((known) => known.id === item.parent);
              if (parent && !parent.closed) {
                parent.children.push(item);
              } else if (action.strict) {
                throw new Error(`no parent for ${item.id}`);
              }
            } else {
              state.items.push(item);
            }
          }
        }
        return { ...state, page: state.page + 1 };
      }
      return { ...state, items: action.items, page: 1 };
    case "filter":
      if (action.value === "" || action.value === null) {
        return { ...state, filter: null };
      } else if (action.value.startsWith("#") && action.value.length > 1) {
        return { ...state, filter: { tag: action.value.slice(1) } };
      } else if (/^\d+$/.test(action.value)) {
        return { ...state, filter: { id: Number(action.value) } };
      }
      return { ...state, filter: { text: action.value } };
    case "move":
      while (action.steps > 0) {
        if (state.page > 1 && action.direction === "back") {
          state = { ...state, page: state.page - 1 };
        } else if (action.direction === "forward" && state.items.length > 0) {
          state = { ...state, page: state.page + 1 };
        } else {
          break;
        }
        action.steps--;
      }
      return state;
    case "fail":
      return action.error && (action.error.status === 404 || action.error.status === 410)
        ? { ...state, error: "gone" }
        : action.error?.status === 403
          ? { ...state, error: "forbidden" }
          : { ...state, error: "unknown" };
    default:
      return state;
  }
}

export const rename = (state: State, id: string, name: string): State =>
  produce(state, (draft) => {
    const item = draft.items.find((known) => known.id === id);
    if (item) {
      item.name = name;
    }
  });
"""

_PARSER = r"""//! Reads the old telegram format.

use std::collections::HashMap;

#[derive(Debug, PartialEq)]
pub enum Field {
    Text(String),
    Number(i64),
    Missing,
}

/// The fields of one telegram.
pub fn parse(row: &str, strict: bool) -> Result<HashMap<String, Field>, String> { ⟦complex-function⟧
    let mut fields = HashMap::new();
    for part in row.split('|') {
        if part.is_empty() {
            if strict {
                return Err("empty part".into());
            }
            continue;
        }
        if let Some((name, value)) = part.split_once('=') {
            if name.starts_with('#') {
                if value.len() > 2 && !strict {
                    for piece in value.split(',') {
                        if piece.contains(':') {
                            match piece.split_once(':') {
                                Some(("n", number)) if !number.is_empty() => {
                                    if let Ok(parsed) = number.parse::<i64>() {
                                        fields.insert(name.to_string(), Field::Number(parsed));
                                    } else if strict {
                                        return Err(format!("no number: {number}"));
                                    }
                                }
                                Some(("t", text)) => {
                                    fields.insert(name.to_string(), Field::Text(text.into()));
                                }
                                Some((_, _)) if strict => return Err("unknown kind".into()),
                                _ => {}
                            }
                        } else if piece == "-" || piece == "?" {
                            fields.insert(name.to_string(), Field::Missing);
                        }
                    }
                }
            } else if value.chars().all(|one| one.is_ascii_digit()) && !value.is_empty() {
                match value.parse() {
                    Ok(parsed) if parsed >= 0 || !strict => {
                        fields.insert(name.to_string(), Field::Number(parsed));
                    }
                    Ok(_) => return Err("negative".into()),
                    Err(_) => {
                        while fields.len() > 100 && strict {
                            fields.clear();
                        }
                    }
                }
            } else {
                fields.insert(name.to_string(), Field::Text(value.to_string()));
            }
        } else if strict && !part.starts_with(' ') {
            return Err(format!("no name in {part}"));
        }
    }
    Ok(fields)
}

pub fn is_number(field: &Field) -> bool {
    matches!(field, Field::Number(_))
}
"""

_QUEUE_C = r"""#include <stdlib.h>
#include <string.h>

struct queue {
    char **items;
    size_t used, size;
};

int queue_push(struct queue *q, const char *item)
{
    if (q->used == q->size) {
        size_t size = q->size ? q->size * 2 : 8;
        char **items = realloc(q->items, size * sizeof(*items));
        if (!items)
            return -1;
        q->items = items;
        q->size = size;
    }
    q->items[q->used] = strdup(item);
    if (!q->items[q->used])
        goto failed;
    q->used++;
    return 0;
failed:
    return -1;
}

void queue_clear(struct queue *q)
{
    for (size_t i = 0; i < q->used; i++)
        free(q->items[i]);
    q->used = 0;
    return;
    free(q->items); ⟦unreachable-code⟧
}

const char *queue_kind(int kind)
{
    switch (kind) {
    case 0:
        return "fifo";
    case 1:
        return "lifo";
    default:
        break;
    }
    return "none";
}
"""

_CLIENT_TS = r"""import { setTimeout as sleep } from "node:timers/promises";

export interface Answer {
  status: number;
  body: unknown;
}

export class Client {
  #tries = 0;

  constructor(private readonly base: string) {}

  async get(path: string, tries = 3): Promise<Answer> {
    for (;;) {
      const answer = await fetch(new URL(path, this.base));
      if (answer.ok) {
        return { status: answer.status, body: await answer.json() };
      }
      if (++this.#tries >= tries) {
        throw new Error(`${path}: ${answer.status}`);
        this.#tries = 0; ⟦unreachable-code⟧
      }
      await sleep(100 * this.#tries);
    }
  }

  kind(): string {
    switch (this.base.split(":")[0]) {
      case "https":
        return "safe";
      case "http":
        return "plain";
      default:
        return helper();
    }

    function helper(): string {
      return "other";
    }
  }
}
"""

_NOTIFY_GO = (
    """package notify

import "net/http"

// Channel names, not secrets.
const (
	tokenHeader   = "X-Notify-Token"
	passwordField = "password"
	keyPrefix     = "sk_live_"
)

var webhookToken = "xoxb-"""
    + f"{_draw(12, 81, string.digits)}-{_draw(12, 82, string.digits)}-{_draw(24, 83)}"
    + """" ⟦senior-reviewer/slack-token⟧

// Send posts the text and says whether it was taken.
func Send(client *http.Client, text string) (bool, error) {
	request, err := http.NewRequest(http.MethodPost, "https://chat.example/"+text, nil)
	if err != nil {
		return false, err
	}
	request.Header.Set(tokenHeader, webhookToken)
	answer, err := client.Do(request)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode < 300:
		return true, nil
	default:
		panic("refused: " + answer.Status + passwordField + keyPrefix)
	}
	return false, nil ⟦unreachable-code⟧
}
"""
)

_TYPES_TS = """export interface Item {
  id: string;
  name: string;
  hidden?: boolean;
  parent?: string;
  closed?: boolean;
  children: Item[];
}

export interface State {
  items: Item[];
  filter: Record<string, unknown> | null;
  page: number;
  error: string | null;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Action = { type: string; [key: string]: any };
"""

SENIOR: dict[str, str] = {
    "stockroom/src/reduce.ts": _REDUCER,
    "stockroom/src/types.ts": _TYPES_TS,
    "telegrams/src/lib.rs": _PARSER,
}
BACKEND: dict[str, str] = {
    "telegrams/native/queue.c": _QUEUE_C,
    "stockroom/src/client.ts": _CLIENT_TS,
    "stockroom/notify/notify.go": _NOTIFY_GO,
    "stockroom/notify/go.mod": "module {b}.example/notify\n\ngo 1.22\n",
}
