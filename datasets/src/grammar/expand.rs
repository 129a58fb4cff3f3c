//! Writes every rule out for each value of its features, which leaves a plain weighted grammar.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::error::{GrammarError, GrammarProblem};
use super::rules::{Item, Rule, Rules, TargetItem};
use super::syntax::{self, Reference, Source};

/// A feature's value in one expansion.
type Assignment<'s> = HashMap<&'s str, &'s str>;

/// Expands `source`, checks that each name is defined once, and keeps what the start symbol reaches.
pub(super) fn expand(file: &str, source: &Source) -> Result<Rules, GrammarError> {
    let features = Features::new(file, source)?;
    let expander = Expander { file, features };
    let instances = expander.instances(source)?;
    expander.check_unused_features(source)?;
    expander.link(source, &instances)
}

/// One symbol with the values of its features, and its alternatives by name.
struct Instance<'s> {
    name: String,
    declaration: usize,
    line: usize,
    alternatives: Vec<NamedAlternative<'s>>,
}

struct NamedAlternative<'s> {
    weight: f64,
    line: usize,
    items: Vec<NamedItem<'s>>,
    labels: &'s [Option<String>],
    target: Option<Vec<NamedTarget<'s>>>,
}

enum NamedTarget<'s> {
    Linked(usize),
    Symbol(String, &'s Reference),
    Token(&'s str),
}

enum NamedItem<'s> {
    Symbol(String, &'s Reference),
    Token(&'s str),
}

/// The declared features and their values.
struct Features<'s> {
    variables: HashMap<&'s str, &'s [String]>,
    values: HashSet<&'s str>,
}

impl<'s> Features<'s> {
    fn new(file: &str, source: &'s Source) -> Result<Self, GrammarError> {
        let mut features = Features {
            variables: HashMap::new(),
            values: HashSet::new(),
        };
        for declaration in &source.features {
            let clash = |name: &str| GrammarError::Rule {
                file: file.to_string(),
                line: declaration.line,
                problem: GrammarProblem::FeatureClash(name.to_string()),
            };
            for value in &declaration.values {
                if features.variables.contains_key(value.as_str()) || !features.values.insert(value)
                {
                    return Err(clash(value));
                }
            }
            for name in &declaration.names {
                let known = features.values.contains(name.as_str());
                if known
                    || features
                        .variables
                        .insert(name, &declaration.values)
                        .is_some()
                {
                    return Err(clash(name));
                }
            }
        }
        Ok(features)
    }

    /// Which features are declared, as a remedy for an unknown name.
    fn describe(&self) -> String {
        let mut names: Vec<&str> = self.variables.keys().copied().collect();
        names.sort_unstable();
        match names.as_slice() {
            [] => "declare it, as in `feature number = one many`".to_string(),
            names => format!("the features are {}", names.join(", ")),
        }
    }

    /// Every way to give values to the variables among `names` that `bound` leaves open.
    fn assignments(
        &self,
        names: impl Iterator<Item = &'s str>,
        bound: &Assignment<'s>,
    ) -> Vec<Assignment<'s>> {
        let mut assignments = vec![bound.clone()];
        for name in names {
            let Some(values) = self.variables.get(name) else {
                continue;
            };
            if assignments[0].contains_key(name) {
                continue;
            }
            assignments = assignments
                .iter()
                .flat_map(|assignment| {
                    values.iter().map(move |value| {
                        let mut assignment = assignment.clone();
                        assignment.insert(name, value);
                        assignment
                    })
                })
                .collect();
        }
        assignments
    }
}

struct Expander<'s> {
    file: &'s str,
    features: Features<'s>,
}

impl<'s> Expander<'s> {
    fn error(&self, line: usize, problem: GrammarProblem) -> GrammarError {
        GrammarError::Rule {
            file: self.file.to_string(),
            line,
            problem,
        }
    }

    /// The name of `reference` under `assignment`, such as `Noun[many]`.
    fn name(&self, reference: &Reference, assignment: &Assignment) -> Result<String, GrammarError> {
        if reference.arguments.is_empty() {
            return Ok(reference.name.clone());
        }
        let values = reference
            .arguments
            .iter()
            .map(|argument| {
                let value = assignment.get(argument.as_str()).copied();
                value
                    .or_else(|| self.features.values.get(argument.as_str()).copied())
                    .ok_or_else(|| {
                        let problem = GrammarProblem::UnknownFeature {
                            name: argument.clone(),
                            known: self.features.describe(),
                        };
                        self.error(reference.line, problem)
                    })
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(format!("{}[{}]", reference.name, values.join(",")))
    }

    fn instances(&self, source: &'s Source) -> Result<Vec<Instance<'s>>, GrammarError> {
        let Some(first) = source.rules.first() else {
            return Err(self.error(1, GrammarProblem::NoRule));
        };
        if !first.head.arguments.is_empty() {
            let problem = GrammarProblem::StartHasFeatures(first.head.name.clone());
            return Err(self.error(first.head.line, problem));
        }
        let mut instances = Vec::new();
        for (declaration, rule) in source.rules.iter().enumerate() {
            let head = rule.head.arguments.iter().map(String::as_str);
            for bound in self.features.assignments(head, &Assignment::new()) {
                let name = self.name(&rule.head, &bound)?;
                let mut alternatives = Vec::new();
                for alternative in &rule.alternatives {
                    self.alternatives(alternative, &bound, &mut alternatives)?;
                }
                instances.push(Instance {
                    name,
                    declaration,
                    line: rule.head.line,
                    alternatives,
                });
            }
        }
        Ok(instances)
    }

    /// One alternative for each choice of the features that the head leaves open, all equally
    /// probable.
    fn alternatives(
        &self,
        alternative: &'s syntax::Alternative,
        bound: &Assignment<'s>,
        alternatives: &mut Vec<NamedAlternative<'s>>,
    ) -> Result<(), GrammarError> {
        let names = alternative.items.iter().flat_map(|item| match item {
            syntax::Item::Symbol(reference) => reference.arguments.as_slice(),
            syntax::Item::Token(_) => &[],
        });
        let target_names = alternative
            .target
            .iter()
            .flatten()
            .flat_map(|item| match item {
                syntax::TargetItem::Symbol(reference) => reference.arguments.as_slice(),
                _ => &[],
            });
        let names = names.chain(target_names);
        let choices = self.features.assignments(names.map(String::as_str), bound);
        let weight = alternative.weight / choices.len() as f64;
        for choice in &choices {
            let items = alternative
                .items
                .iter()
                .map(|item| match item {
                    syntax::Item::Symbol(reference) => {
                        Ok(NamedItem::Symbol(self.name(reference, choice)?, reference))
                    }
                    syntax::Item::Token(token) => Ok(NamedItem::Token(token)),
                })
                .collect::<Result<_, GrammarError>>()?;
            let translated = |item: &'s syntax::TargetItem| match item {
                syntax::TargetItem::Linked(place) => Ok(NamedTarget::Linked(*place)),
                syntax::TargetItem::Symbol(reference) => Ok(NamedTarget::Symbol(
                    self.name(reference, choice)?,
                    reference,
                )),
                syntax::TargetItem::Token(token) => Ok(NamedTarget::Token(token)),
            };
            let target = alternative.target.as_ref();
            let target = target
                .map(|items| {
                    items
                        .iter()
                        .map(translated)
                        .collect::<Result<_, GrammarError>>()
                })
                .transpose()?;
            alternatives.push(NamedAlternative {
                weight,
                line: alternative.line,
                items,
                labels: &alternative.labels,
                target,
            });
        }
        Ok(())
    }

    fn check_unused_features(&self, source: &Source) -> Result<(), GrammarError> {
        let mut used = HashSet::new();
        for rule in &source.rules {
            used.extend(&rule.head.arguments);
            for item in rule.alternatives.iter().flat_map(|a| &a.items) {
                if let syntax::Item::Symbol(reference) = item {
                    used.extend(&reference.arguments);
                }
            }
            let targets = rule.alternatives.iter().flat_map(|a| &a.target).flatten();
            for item in targets {
                if let syntax::TargetItem::Symbol(reference) = item {
                    used.extend(&reference.arguments);
                }
            }
        }
        for declaration in &source.features {
            let by_value = declaration.values.iter().any(|value| used.contains(value));
            for name in &declaration.names {
                if !by_value && !used.contains(name) {
                    let problem = GrammarProblem::UnusedFeature(name.clone());
                    return Err(self.error(declaration.line, problem));
                }
            }
        }
        Ok(())
    }

    /// Turns names into numbers, keeping only what the start symbol reaches.
    fn link(&self, source: &Source, instances: &[Instance<'s>]) -> Result<Rules, GrammarError> {
        let mut by_name: HashMap<&str, usize> = HashMap::new();
        for (index, instance) in instances.iter().enumerate() {
            if let Some(first) = by_name.insert(&instance.name, index) {
                let problem = GrammarProblem::DuplicateDefinition {
                    name: instance.name.clone(),
                    first: instances[first].line,
                };
                return Err(self.error(instance.line, problem));
            }
        }
        let mut number = vec![usize::MAX; instances.len()];
        let mut order = vec![0];
        let mut reached = vec![false; source.rules.len()];
        number[0] = 0;
        let mut next = 0;
        while let Some(&index) = order.get(next) {
            next += 1;
            reached[instances[index].declaration] = true;
            for item in instances[index].alternatives.iter().flat_map(|a| &a.items) {
                if let NamedItem::Symbol(name, reference) = item {
                    let Some(&target) = by_name.get(name.as_str()) else {
                        return Err(self.undefined(name, reference, instances));
                    };
                    if number[target] == usize::MAX {
                        number[target] = order.len();
                        order.push(target);
                    }
                }
            }
        }
        let mut translator = Translator {
            expander: self,
            instances,
            by_name: &by_name,
            texts: HashMap::new(),
            reached: &mut reached,
        };
        let mut targets: Vec<Vec<Option<Vec<TargetItem>>>> = Vec::with_capacity(order.len());
        for &index in &order {
            let alternatives = instances[index].alternatives.iter();
            let translated = alternatives.map(|alternative| translator.target(alternative));
            targets.push(translated.collect::<Result<_, _>>()?);
        }
        self.check_translated(instances, &order, &number, &by_name)?;
        if let Some(unreached) = reached.iter().position(|reached| !reached) {
            let head = &source.rules[unreached].head;
            // An undefined symbol in a rule that nothing uses yet is the lesser mistake.
            let problem = GrammarProblem::UnreachableSymbol {
                name: head.name.clone(),
                start: instances[0].name.clone(),
            };
            return Err(self.error(head.line, problem));
        }

        let tokens: Vec<String> = {
            let used = order.iter().flat_map(|&i| &instances[i].alternatives);
            let mut tokens: Vec<&str> = used
                .flat_map(|alternative| &alternative.items)
                .filter_map(|item| match item {
                    NamedItem::Token(token) => Some(*token),
                    NamedItem::Symbol(..) => None,
                })
                .collect();
            tokens.sort_unstable();
            tokens.dedup();
            tokens.into_iter().map(String::from).collect()
        };
        let labels: BTreeSet<&str> = order
            .iter()
            .flat_map(|&i| &instances[i].alternatives)
            .flat_map(|alternative| alternative.labels.iter().flatten())
            .map(String::as_str)
            .collect();
        let labels: Vec<String> = labels.into_iter().map(String::from).collect();
        let mut rules = Rules::new(self.file.to_string(), tokens, labels);
        for (&index, targets) in order.iter().zip(targets) {
            let instance = &instances[index];
            let mut seen = HashSet::new();
            let mut alternatives = Vec::with_capacity(instance.alternatives.len());
            for (alternative, target) in instance.alternatives.iter().zip(targets) {
                let body: Vec<Item> = alternative
                    .items
                    .iter()
                    .map(|item| match item {
                        NamedItem::Symbol(name, _) => Item::Symbol(number[by_name[name.as_str()]]),
                        NamedItem::Token(token) => Item::Token(
                            rules
                                .token(token)
                                .expect("the vocabulary was made from these"),
                        ),
                    })
                    .collect();
                let number = |label: &String| {
                    let number = rules.labels.binary_search(label);
                    number.expect("the list of labels was made from these")
                };
                let labels = alternative.labels.iter();
                let labels: Vec<Option<usize>> =
                    labels.map(|label| label.as_ref().map(number)).collect();
                if !seen.insert((body.clone(), labels.clone())) {
                    let problem = GrammarProblem::DuplicateAlternative {
                        name: instance.name.clone(),
                        body: describe_body(alternative),
                    };
                    return Err(self.error(alternative.line, problem));
                }
                alternatives.push(Rule {
                    probability: alternative.weight,
                    body,
                    labels,
                    target,
                });
            }
            rules.push(instance.name.clone(), instance.line, alternatives);
        }
        Ok(rules)
    }

    /// Refuses a symbol that one rule translates and that has an alternative without translation.
    fn check_translated(
        &self,
        instances: &[Instance<'s>],
        order: &[usize],
        number: &[usize],
        by_name: &HashMap<&str, usize>,
    ) -> Result<(), GrammarError> {
        let mut checked = vec![false; order.len()];
        for &index in order {
            for alternative in &instances[index].alternatives {
                for item in alternative.target.iter().flatten() {
                    let NamedTarget::Linked(place) = item else {
                        continue;
                    };
                    let NamedItem::Symbol(name, _) = &alternative.items[*place] else {
                        continue;
                    };
                    let target = by_name[name.as_str()];
                    if std::mem::replace(&mut checked[number[target]], true) {
                        continue;
                    }
                    let mut alternatives = instances[target].alternatives.iter();
                    if let Some(open) = alternatives.find(|a| a.target.is_none()) {
                        let problem = GrammarProblem::NoTranslation {
                            name: name.clone(),
                            used: alternative.line,
                            body: describe_body(open),
                        };
                        return Err(self.error(open.line, problem));
                    }
                }
            }
        }
        Ok(())
    }

    /// An error that lists what is defined under the same name, which shows a wrong feature.
    fn undefined(
        &self,
        name: &str,
        reference: &Reference,
        instances: &[Instance<'s>],
    ) -> GrammarError {
        let family =
            |instance: &&Instance| instance.name.split('[').next() == Some(reference.name.as_str());
        let known: Vec<&str> = instances
            .iter()
            .filter(family)
            .take(6)
            .map(|instance| instance.name.as_str())
            .collect();
        let hint = match known.as_slice() {
            [] => format!("add a rule `{} -> ...`", reference.name),
            known => format!("defined are {}", known.join(", ")),
        };
        let problem = GrammarProblem::UndefinedSymbol {
            name: name.to_string(),
            hint,
        };
        self.error(reference.line, problem)
    }
}

/// Writes out the symbols that only translations have: each gives one text.
struct Translator<'e, 's> {
    expander: &'e Expander<'s>,
    instances: &'e [Instance<'s>],
    by_name: &'e HashMap<&'e str, usize>,
    /// For each such symbol its text; `None` while it is being written out.
    texts: HashMap<usize, Option<Vec<String>>>,
    /// Which rules something leads to.
    reached: &'e mut [bool],
}

impl<'s> Translator<'_, 's> {
    fn target(
        &mut self,
        alternative: &NamedAlternative<'s>,
    ) -> Result<Option<Vec<TargetItem>>, GrammarError> {
        let Some(items) = &alternative.target else {
            return Ok(None);
        };
        let mut target = Vec::with_capacity(items.len());
        for item in items {
            match item {
                NamedTarget::Linked(place) => target.push(TargetItem::Linked(*place)),
                NamedTarget::Token(token) => target.push(TargetItem::Token(token.to_string())),
                NamedTarget::Symbol(name, reference) => {
                    let text = self.text(name, reference)?;
                    target.extend(text.into_iter().map(TargetItem::Token));
                }
            }
        }
        Ok(Some(target))
    }

    /// The one text of a symbol.
    fn text(&mut self, name: &str, reference: &Reference) -> Result<Vec<String>, GrammarError> {
        let Some(&index) = self.by_name.get(name) else {
            return Err(self.expander.undefined(name, reference, self.instances));
        };
        let instance = &self.instances[index];
        let error = |problem| Err(self.expander.error(instance.line, problem));
        match self.texts.get(&index) {
            Some(Some(text)) => return Ok(text.clone()),
            Some(None) => return error(GrammarProblem::NeverEnds(instance.name.clone())),
            None => {}
        }
        let open = |alternatives: String| GrammarProblem::OpenTranslation {
            name: instance.name.clone(),
            alternatives,
        };
        let alternative = match instance.alternatives.as_slice() {
            [one] if one.target.is_none() => one,
            [_] => return error(open("a translation of its own".to_string())),
            several => return error(open(format!("{} alternatives", several.len()))),
        };
        self.reached[instance.declaration] = true;
        self.texts.insert(index, None);
        let mut text = Vec::new();
        for item in &alternative.items {
            match item {
                NamedItem::Token(token) => text.push(token.to_string()),
                NamedItem::Symbol(name, reference) => text.extend(self.text(name, reference)?),
            }
        }
        self.texts.insert(index, Some(text.clone()));
        Ok(text)
    }
}

fn describe_body(alternative: &NamedAlternative) -> String {
    let words = alternative.items.iter().map(|item| match item {
        NamedItem::Symbol(name, _) => name.as_str(),
        NamedItem::Token(token) => token,
    });
    let words: Vec<&str> = words.collect();
    match words.as_slice() {
        [] => "()".to_string(),
        words => words.join(" "),
    }
}
