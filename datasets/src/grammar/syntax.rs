//! From the text of a grammar file to its declarations, each with the line it stands on.

use super::error::{GrammarError, GrammarProblem};

/// A parsed file: nothing is checked yet but the form.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) features: Vec<FeatureDecl>,
    pub(super) rules: Vec<RuleDecl>,
}

/// `feature hero, helper = he she`: several variables over one set of values.
#[derive(Debug)]
pub(super) struct FeatureDecl {
    pub(super) names: Vec<String>,
    pub(super) values: Vec<String>,
    pub(super) line: usize,
}

/// `Head[a, b] -> alternative | alternative`.
#[derive(Debug)]
pub(super) struct RuleDecl {
    pub(super) head: Reference,
    pub(super) alternatives: Vec<Alternative>,
}

/// One way to rewrite a symbol.
#[derive(Debug)]
pub(super) struct Alternative {
    pub(super) weight: f64,
    pub(super) items: Vec<Item>,
    /// For each item the label of the span that its text is.
    pub(super) labels: Vec<Option<String>>,
    /// The translation, behind `=>`.
    pub(super) target: Option<Vec<TargetItem>>,
    pub(super) line: usize,
}

/// One place in the translation of an alternative.
#[derive(Debug)]
pub(super) enum TargetItem {
    /// The translation of the symbol at this place of the alternative.
    Linked(usize),
    /// A symbol that only the translation has.
    Symbol(Reference),
    Token(String),
}

/// One place in an alternative.
#[derive(Debug)]
pub(super) enum Item {
    Symbol(Reference),
    Token(String),
}

/// A symbol with what stands in its brackets: features (variables) and values.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) arguments: Vec<String>,
    pub(super) line: usize,
}

/// The smallest parts of the format.
#[derive(Debug, PartialEq)]
enum Lexeme {
    Arrow,
    /// `=>`, before the translation.
    Becomes,
    Bar,
    Word(String),
    Quoted(String),
    Symbol(String, Vec<String>),
    /// `@label`, right behind a word or symbol.
    Label(String),
}

/// Parses `text`; `file` only serves the messages.
pub(super) fn parse(file: &str, text: &str) -> Result<Source, GrammarError> {
    let parser = Parser { file };
    let mut source = Source {
        features: Vec::new(),
        rules: Vec::new(),
    };
    for statement in parser.statements(text)? {
        if statement[0].0 == Lexeme::Word("feature".into()) {
            source.features.push(parser.feature(&statement)?);
        } else if statement[0].0 == Lexeme::Word("table".into()) {
            source.rules.extend(parser.table(&statement)?);
        } else {
            source.rules.push(parser.rule(statement)?);
        }
    }
    Ok(source)
}

struct Parser<'a> {
    file: &'a str,
}

type Statement = Vec<(Lexeme, usize)>;

impl Parser<'_> {
    fn error(&self, line: usize, message: impl Into<String>) -> GrammarError {
        self.problem(line, GrammarProblem::Syntax(message.into()))
    }

    fn problem(&self, line: usize, problem: GrammarProblem) -> GrammarError {
        GrammarError::Rule {
            file: self.file.to_string(),
            line,
            problem,
        }
    }

    /// Joins each line that begins with white space or a bar to the statement before it.
    fn statements(&self, text: &str) -> Result<Vec<Statement>, GrammarError> {
        let mut statements: Vec<Statement> = Vec::new();
        for (index, content) in text.lines().enumerate() {
            let line = index + 1;
            let lexemes = self.lexemes(content, line)?;
            if lexemes.is_empty() {
                continue;
            }
            let lexemes = lexemes.into_iter().map(|lexeme| (lexeme, line));
            let continues = content.starts_with(char::is_whitespace) || content.starts_with('|');
            match (continues, statements.last_mut()) {
                (true, Some(statement)) => statement.extend(lexemes),
                (true, None) => {
                    return Err(self.error(
                        line,
                        "the first rule must begin at the start of its line; remove the white space before it",
                    ));
                }
                (false, _) => statements.push(lexemes.collect()),
            }
        }
        Ok(statements)
    }

    fn lexemes(&self, content: &str, line: usize) -> Result<Vec<Lexeme>, GrammarError> {
        let ends_word = |c: char| c.is_whitespace() || "|[]\"#@".contains(c);
        let mut lexemes = Vec::new();
        let mut rest = content.trim_start();
        while let Some(first) = rest.chars().next() {
            match first {
                '#' => break,
                '|' => {
                    lexemes.push(Lexeme::Bar);
                    rest = &rest[1..];
                }
                '"' => {
                    let Some((quoted, after)) = rest[1..].split_once('"') else {
                        return Err(self.error(line, "a quoted word has no closing `\"`; add it"));
                    };
                    if quoted.is_empty() || quoted.contains(char::is_whitespace) {
                        return Err(self.error(
                            line,
                            "a quoted word must be one word without white space; quote each word by itself",
                        ));
                    }
                    lexemes.push(Lexeme::Quoted(quoted.to_string()));
                    rest = after;
                }
                '[' | ']' => {
                    return Err(self.error(
                        line,
                        format!(
                            "`{first}` only stands directly after a symbol, as in `Noun[one]`; quote it to mean the character"
                        ),
                    ));
                }
                '@' => {
                    return Err(self.error(
                        line,
                        "`@` must follow a word or symbol at once, as in `City@place`; quote a word with `@` in it",
                    ));
                }
                _ => {
                    let end = rest.find(ends_word).unwrap_or(rest.len());
                    let (word, after) = rest.split_at(end);
                    rest = after;
                    if first.is_uppercase() {
                        let arguments;
                        (arguments, rest) = self.arguments(word, rest, line)?;
                        lexemes.push(Lexeme::Symbol(word.to_string(), arguments));
                    } else if word == "->" {
                        lexemes.push(Lexeme::Arrow);
                    } else if word == "=>" {
                        lexemes.push(Lexeme::Becomes);
                    } else {
                        lexemes.push(Lexeme::Word(word.to_string()));
                    }
                }
            }
            if let Some(label) = rest.strip_prefix('@')
                && !matches!(
                    lexemes.last(),
                    Some(Lexeme::Arrow | Lexeme::Becomes | Lexeme::Bar)
                )
            {
                let (label, after) = label.split_at(label.find(ends_word).unwrap_or(label.len()));
                if label.is_empty() {
                    return Err(self.error(
                        line,
                        "a label must follow `@`, as in `City@place`; quote a word with `@` in it",
                    ));
                }
                lexemes.push(Lexeme::Label(label.to_string()));
                rest = after;
            }
            rest = rest.trim_start();
        }
        Ok(lexemes)
    }

    /// What stands in the brackets right after a symbol, and the rest of the line.
    fn arguments<'t>(
        &self,
        symbol: &str,
        rest: &'t str,
        line: usize,
    ) -> Result<(Vec<String>, &'t str), GrammarError> {
        let Some(inside) = rest.strip_prefix('[') else {
            return Ok((Vec::new(), rest));
        };
        let Some((inside, after)) = inside.split_once(']') else {
            return Err(self.error(line, format!("the `[` after `{symbol}` has no `]`; add it")));
        };
        let arguments: Vec<String> = inside.split(',').map(|a| a.trim().to_string()).collect();
        if arguments
            .iter()
            .any(|a| a.is_empty() || a.contains(|c: char| c.is_whitespace() || "|[\"#".contains(c)))
        {
            return Err(self.error(
                line,
                format!(
                    "`{symbol}[{inside}]` needs feature names or values with commas between them"
                ),
            ));
        }
        Ok((arguments, after))
    }

    fn feature(&self, statement: &Statement) -> Result<FeatureDecl, GrammarError> {
        let line = statement[0].1;
        let malformed = || {
            self.error(
                line,
                "a feature is declared like `feature number = one many`",
            )
        };
        let words: Vec<&str> = statement[1..]
            .iter()
            .map(|(lexeme, _)| match lexeme {
                Lexeme::Word(word) => Ok(word.as_str()),
                _ => Err(malformed()),
            })
            .collect::<Result<_, _>>()?;
        let Some(equals) = words.iter().position(|word| *word == "=") else {
            return Err(malformed());
        };
        let names: Vec<String> = words[..equals]
            .iter()
            .flat_map(|word| word.split(','))
            .filter(|name| !name.is_empty())
            .map(String::from)
            .collect();
        let values: Vec<String> = words[equals + 1..].iter().map(|w| w.to_string()).collect();
        if names.is_empty() || values.is_empty() {
            return Err(malformed());
        }
        Ok(FeatureDecl {
            names,
            values,
            line,
        })
    }

    /// `table * Symbol[*] Other[*, value]`, and a line for each value of `*`: the value, and for each symbol what it gives.
    fn table(&self, statement: &Statement) -> Result<Vec<RuleDecl>, GrammarError> {
        let mut rows = statement[1..].chunk_by(|(_, one), (_, other)| one == other);
        let mut heads = Vec::new();
        let first = rows.next().unwrap_or(&[]);
        let malformed = || {
            self.error(
                statement[0].1,
                "a table begins like `table * Singular[*] Plural[*]`: a star, then the symbols that its columns define",
            )
        };
        match first.split_first() {
            Some(((Lexeme::Word(star), _), columns)) if star == "*" && !columns.is_empty() => {
                for (lexeme, _) in columns {
                    let Lexeme::Symbol(name, arguments) = lexeme else {
                        return Err(malformed());
                    };
                    heads.push((name, arguments));
                }
            }
            _ => return Err(malformed()),
        }
        let mut rules = Vec::new();
        for row in rows {
            let line = row[0].1;
            let Lexeme::Word(value) = &row[0].0 else {
                return Err(self.error(line, "a row of a table begins with the value for `*`"));
            };
            let cells = &row[1..];
            if cells.len() != heads.len() {
                return Err(self.error(
                    line,
                    format!(
                        "the row of `{value}` has {} cells behind it, expected {}, one for each symbol of the table; join the words of a cell as in `look+at`, and write `()` for no word",
                        cells.len(),
                        heads.len()
                    ),
                ));
            }
            for ((name, arguments), (cell, _)) in heads.iter().zip(cells) {
                let words: Vec<&str> = match cell {
                    Lexeme::Word(word) if word == "()" => Vec::new(),
                    Lexeme::Word(word) => word.split('+').collect(),
                    Lexeme::Quoted(word) => vec![word],
                    _ => return Err(self.error(line, "a cell of a table has words only")),
                };
                let arguments = arguments.iter().map(|argument| match argument.as_str() {
                    "*" => value.clone(),
                    other => other.to_string(),
                });
                let items = words.iter().map(|word| Item::Token(word.to_string()));
                rules.push(RuleDecl {
                    head: Reference {
                        name: name.to_string(),
                        arguments: arguments.collect(),
                        line,
                    },
                    alternatives: vec![Alternative {
                        weight: 1.0,
                        items: items.collect(),
                        labels: vec![None; words.len()],
                        target: None,
                        line,
                    }],
                });
            }
        }
        Ok(rules)
    }

    fn rule(&self, statement: Statement) -> Result<RuleDecl, GrammarError> {
        let mut lexemes = statement.into_iter().peekable();
        let head = match lexemes.next() {
            Some((Lexeme::Symbol(name, arguments), line)) => Reference {
                name,
                arguments,
                line,
            },
            other => {
                return Err(self.error(
                    other.map_or(1, |(_, line)| line),
                    "a rule begins with its symbol (capital letter first), a feature with `feature`; a line that continues a rule begins with white space",
                ));
            }
        };
        if !matches!(lexemes.next(), Some((Lexeme::Arrow, _))) {
            return Err(self.error(
                head.line,
                format!("`->` must follow `{}` to make a rule", head.name),
            ));
        }
        let mut alternatives = Vec::new();
        let mut current: Statement = Vec::new();
        let mut line = head.line;
        for (lexeme, at) in lexemes {
            match lexeme {
                Lexeme::Arrow => {
                    return Err(self.error(
                        at,
                        "a second `->` in one rule; begin each rule at the start of a line",
                    ));
                }
                Lexeme::Bar => {
                    alternatives.push(self.alternative(std::mem::take(&mut current), line)?);
                    line = at;
                }
                _ => current.push((lexeme, at)),
            }
        }
        alternatives.push(self.alternative(current, line)?);
        Ok(RuleDecl { head, alternatives })
    }

    /// `[weight *] items`, or `()` for the empty text.
    fn alternative(
        &self,
        mut lexemes: Statement,
        line: usize,
    ) -> Result<Alternative, GrammarError> {
        let becomes = lexemes.iter().position(|(l, _)| *l == Lexeme::Becomes);
        let translation = becomes.map(|at| lexemes.split_off(at));
        let line = lexemes.first().map_or(line, |(_, first)| *first);
        let star = |lexeme: Option<&(Lexeme, usize)>| matches!(lexeme, Some((Lexeme::Word(w), _)) if w == "*");
        let mut weight = 1.0;
        let mut body = lexemes.as_slice();
        if star(body.get(1)) {
            let Lexeme::Word(number) = &body[0].0 else {
                return Err(self.error(line, "`*` must follow a weight, as in `2.5 * word`"));
            };
            weight = number.parse().map_err(|_| {
                self.error(line, format!("`{number}` before `*` is not a number; write a weight as in `2.5 * word`, or quote the star"))
            })?;
            if !(weight > 0.0 && f64::is_finite(weight)) {
                return Err(self.problem(line, GrammarProblem::Weight(number.clone())));
            }
            body = &body[2..];
        }
        if body.is_empty() {
            return Err(self.error(line, "an alternative is empty; write `()` to mean no word"));
        }
        if let [(Lexeme::Word(word), _)] = body
            && word == "()"
        {
            body = &[];
        }
        let mut items = Vec::with_capacity(body.len());
        let mut labels: Vec<Option<String>> = Vec::with_capacity(body.len());
        for (lexeme, at) in body {
            let item = match lexeme {
                Lexeme::Label(label) => {
                    match labels.last_mut() {
                        Some(last @ None) => *last = Some(label.clone()),
                        _ => {
                            return Err(self.error(
                                *at,
                                format!("`@{label}` needs one word or symbol of its own before it"),
                            ));
                        }
                    }
                    continue;
                }
                Lexeme::Word(word) if word == "*" || word == "()" => {
                    return Err(self.error(
                        *at,
                        format!(
                            "`{word}` has a meaning of its own here; quote it to mean the word"
                        ),
                    ));
                }
                Lexeme::Word(word) | Lexeme::Quoted(word) => Item::Token(word.clone()),
                Lexeme::Symbol(name, arguments) => Item::Symbol(Reference {
                    name: name.clone(),
                    arguments: arguments.clone(),
                    line: *at,
                }),
                Lexeme::Arrow | Lexeme::Becomes | Lexeme::Bar => {
                    unreachable!("the rule was cut at these")
                }
            };
            items.push(item);
            labels.push(None);
        }
        let target = translation
            .map(|lexemes| self.translation(&lexemes, &items))
            .transpose()?;
        Ok(Alternative {
            weight,
            items,
            labels,
            target,
            line,
        })
    }

    /// `=> items`, or `=> ()`; a symbol that the alternative has too is linked to it.
    fn translation(
        &self,
        lexemes: &[(Lexeme, usize)],
        items: &[Item],
    ) -> Result<Vec<TargetItem>, GrammarError> {
        let line = lexemes[0].1;
        let mut body = &lexemes[1..];
        if body.is_empty() {
            return Err(self.error(
                line,
                "nothing follows `=>`; write `=> ()` to translate to no word",
            ));
        }
        if let [(Lexeme::Word(word), _)] = body
            && word == "()"
        {
            body = &[];
        }
        let mut target = Vec::with_capacity(body.len());
        for (lexeme, at) in body {
            target.push(match lexeme {
                Lexeme::Word(word) if word == "*" || word == "()" => {
                    return Err(self.error(
                        *at,
                        format!(
                            "`{word}` has a meaning of its own here; quote it to mean the word"
                        ),
                    ));
                }
                Lexeme::Word(word) | Lexeme::Quoted(word) => TargetItem::Token(word.clone()),
                Lexeme::Symbol(name, arguments) => {
                    self.target_symbol(name, arguments, *at, items)?
                }
                Lexeme::Label(label) => {
                    return Err(self.error(
                        *at,
                        format!("`@{label}` is behind `=>`; only the text before it has labels"),
                    ));
                }
                Lexeme::Arrow | Lexeme::Becomes | Lexeme::Bar => {
                    return Err(self.error(*at, "a second `=>` in one alternative; remove it"));
                }
            });
        }
        Ok(target)
    }

    /// A symbol of the translation: `Name` or `Name:2` where the alternative has the name too, else one of its own.
    fn target_symbol(
        &self,
        written: &str,
        arguments: &[String],
        line: usize,
        items: &[Item],
    ) -> Result<TargetItem, GrammarError> {
        let numbered = written.rsplit_once(':');
        let (name, number) = match numbered {
            Some((name, number)) => {
                let number = number.parse::<usize>().ok().filter(|number| *number > 0);
                let number = number.ok_or_else(|| {
                    self.error(
                        line,
                        format!("`{written}` must end in a number from 1, as in `Noun:2`, for the second `Noun` before `=>`"),
                    )
                })?;
                (name, Some(number))
            }
            None => (written, None),
        };
        let places: Vec<usize> = (0..items.len())
            .filter(|&place| matches!(&items[place], Item::Symbol(r) if r.name == name))
            .collect();
        if places.is_empty() && number.is_none() {
            return Ok(TargetItem::Symbol(Reference {
                name: name.to_string(),
                arguments: arguments.to_vec(),
                line,
            }));
        }
        let place = match (number, places.as_slice()) {
            (None, [place]) => Some(*place),
            (Some(number), places) => places.get(number - 1).copied(),
            (None, _) => None,
        };
        match place {
            Some(place) if arguments.is_empty() => Ok(TargetItem::Linked(place)),
            Some(_) => Err(self.error(
                line,
                format!("`{written}` behind `=>` stands for the one before it, so its features are given there; remove the brackets"),
            )),
            None => Err(self.error(
                line,
                format!(
                    "`{written}` behind `=>` does not say which one is meant: there are {} `{name}` before it; number them as in `{name}:1`",
                    places.len()
                ),
            )),
        }
    }
}
