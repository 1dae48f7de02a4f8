//! Reads the pages as a person sees them.

/// The nonce of the API Client panel's form.
pub fn nonce(page: &str) -> String {
    between(page, "name=\"nonce\" value=\"", "\"").expect("the page has no form with a nonce").to_owned()
}

/// The value of an input field.
pub fn field(page: &str, id: &str) -> String {
    let (_, rest) = page.split_once(&format!("id=\"{id}\" ")).expect("the page has no such field");
    between(rest, "value=\"", "\"").unwrap().to_owned()
}

/// How an alert begins. One that takes the focus has no role: it would be read out twice.
const ALERTS: [&str; 3] = ["notice-danger\" tabindex", "notice-warning\" tabindex", "role=\"alert\""];

/// What an alert in the page says; nothing when there is none.
pub fn alert(page: &str) -> String {
    let found = ALERTS.iter().find_map(|begin| between(page, begin, "</div>"));
    found.map_or_else(String::new, |alert| words(&format!("<{alert}")))
}

/// What a notice in the page says; nothing when there is none.
pub fn notice(page: &str) -> String {
    between(page, "class=\"notice\"", "</div>").map_or_else(String::new, |notice| words(&format!("<{notice}")))
}

/// The row of the API Keys grid that is about a key, as HTML.
pub fn row<'a>(page: &'a str, client_id: &str) -> Option<&'a str> {
    between(page, &format!("data-row=\"{client_id}\""), "</tr>")
}

/// The rows of a page's table, as HTML.
pub fn rows(page: &str) -> Vec<&str> {
    let Some(body) = between(page, "<tbody", "</tbody>") else { return Vec::new() };
    body.split("<tr").skip(1).collect()
}

/// The text of a row's cell under a heading.
pub fn cell(row: &str, heading: &str) -> String {
    let (_, cell) = row.split_once(&format!("data-label=\"{heading}\"")).expect("the row has no such cell");
    let end = ["</td>", "</th>"].into_iter().filter_map(|end| cell.find(end)).min().expect("the cell has no end");
    words(&format!("<{}", &cell[..end]))
}

/// Where the link with this relation leads.
pub fn link(page: &str, relation: &str) -> Option<String> {
    let (before, _) = page.split_once(&format!("\" rel=\"{relation}\">"))?;
    let (_, path) = before.rsplit_once("href=\"")?;
    Some(path.replace("&#38;", "&"))
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inside, _)| inside)
}

/// Text without its tags, words separated by single spaces.
fn words(html: &str) -> String {
    let text: String = html
        .split('<')
        .map(|part| part.split_once('>').map_or("", |(_, text)| text))
        .fold(String::new(), |text, part| text + " " + part);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The attributes that people read or hear.
const READ: [&str; 10] = [
    "alt",
    "aria-label",
    "data-announce",
    "data-busy",
    "data-copied",
    "data-downloaded",
    "data-label",
    "label",
    "placeholder",
    "title",
];

/// All texts of a page that people read or hear, each piece between two tags by itself. What is code is left out.
pub fn texts(page: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut in_code = 0;
    for part in page.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        match tag.split_whitespace().next().unwrap_or_default() {
            "code" | "pre" => in_code += 1,
            "/code" | "/pre" => in_code -= 1,
            _ => {}
        }
        for name in READ {
            texts.extend(between(tag, &format!(" {name}=\""), "\"").map(str::to_owned));
        }
        if in_code == 0 {
            texts.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    texts.retain(|text| !text.is_empty());
    texts
}
