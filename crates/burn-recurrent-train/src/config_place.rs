//! Where in a config's text the key or the value stands that an error is about.

/// Where in the table whose header stands at `start` the key or the value is that a message is about: of a table with a
/// `kind`, the parser says no more than where it begins. `None` where it does not stand there exactly once, the tables in
/// this one included.
pub(crate) fn place_in_table(text: &str, start: usize, message: &str) -> Option<usize> {
    /// What stands between the two marks behind `introduction`.
    fn named<'m>(message: &'m str, introduction: &str, mark: char) -> Option<&'m str> {
        let rest = message.strip_prefix(introduction)?.strip_prefix(mark)?;
        rest.split_once(mark).map(|(name, _)| name)
    }
    let key = named(message, "unknown field ", '`');
    let string = named(message, "unknown variant ", '`')
        .or_else(|| named(message, "invalid type: string ", '"'));
    let bare = ["integer", "floating point", "boolean"];
    let bare = bare
        .iter()
        .find_map(|kind| named(message, &format!("invalid type: {kind} "), '`'));

    let table = &text[start..];
    let (header, _) = table.strip_prefix('[')?.split_once(']')?;
    let is_within = |line: &str| match line.trim_start().strip_prefix('[') {
        Some(other) => other
            .strip_prefix(header)
            .is_some_and(|o| o.starts_with('.')),
        None => true,
    };
    let mut places = Vec::new();
    let mut offset = start;
    for (index, line) in table.split_inclusive('\n').enumerate() {
        if index > 0 && !is_within(line) {
            break;
        }
        let is_comment = line.trim_start().starts_with('#');
        for (equals, _) in line.match_indices('=').filter(|_| !is_comment) {
            let (left, right) = (&line[..=equals], line[equals + 1..].trim_start());
            let value = match right.strip_prefix('"') {
                Some(quoted) => (string, quoted.split('"').next()),
                None => (
                    bare,
                    right
                        .split([',', '}', ']', '#', ' ', '\t', '\r', '\n'])
                        .next(),
                ),
            };
            if key.is_some() && key == assigned_key(left) {
                let key = left.rfind(key.unwrap_or_default()).unwrap_or_default();
                places.push(offset + key);
            } else if value.0.is_some() && value.0 == value.1 {
                places.push(offset + line.len() - right.len());
            }
        }
        offset += line.len();
    }
    match places[..] {
        [place] => Some(place),
        _ => None,
    }
}

/// The key of the value that comes right after this part of a line, as in `optimizer = { beta_1 = `.
pub(crate) fn assigned_key(line_before: &str) -> Option<&str> {
    let left = line_before.trim_end().strip_suffix('=')?.trim_end();
    let is_key = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    left.rsplit(|c| !is_key(c))
        .next()
        .filter(|key| !key.is_empty())
}
