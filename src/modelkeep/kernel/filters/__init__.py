"""The filter and order language of every list: one grammar for API, command line and web page.

    name ~ 'fraud*' and tag.team = 'risk' and (metric.auc >= 0.9 or not tag.frozen exists)

    expression := conjunction ("or" conjunction)*
    conjunction := negation ("and" negation)*
    negation   := "not" negation | "(" expression ")" | comparison
    comparison := field ("=" | "!=" | ">" | ">=" | "<" | "<=" | "~" | "!~") value
                | field ["not"] "in" "(" value ("," value)* ")"
                | field "exists"
    field      := name ["." key]       key: letters, digits and _ . - + : / bare, anything else in quotes
    value      := number | true | false | 'text' | "text" | word
    order      := field ["asc" | "desc"] ("," field ["asc" | "desc"])*

A quote inside a text is doubled. A word is a text without quotes: letters, digits and `_ . - + : / * ?`, starting with
a letter, a digit, `_`, `*` or `?`; so versions (`1.4.0-rc.1`), dates and digests need none. Keywords are written in
either case. Parsing is pure: which fields exist, and what their values mean, is decided by whoever compiles the tree.
"""

from modelkeep.kernel.filters.lexer import FilterSyntaxError
from modelkeep.kernel.filters.parser import parse_filter, parse_order
from modelkeep.kernel.filters.tree import (
    And,
    Boolean,
    Comparison,
    Expression,
    Field,
    Not,
    Number,
    Operator,
    Or,
    OrderTerm,
    Scalar,
    Text,
    Value,
    ValueList,
    Word,
)

__all__ = [
    "And",
    "Boolean",
    "Comparison",
    "Expression",
    "Field",
    "FilterSyntaxError",
    "Not",
    "Number",
    "Operator",
    "Or",
    "OrderTerm",
    "Scalar",
    "Text",
    "Value",
    "ValueList",
    "Word",
    "parse_filter",
    "parse_order",
]
