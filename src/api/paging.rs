//! Lists come a page at a time; each page but the last one says where the next one begins.

use super::problem::Problem;

/// The most items of a page.
const LARGEST_PAGE: usize = 200;

/// The items of a page when the caller does not say.
const PAGE: usize = 50;

/// How many items a page is to have.
///
/// # Errors
/// When it is none, or too many.
pub fn page_size(limit: Option<usize>) -> Result<usize, Problem> {
    match limit {
        None => Ok(PAGE),
        Some(limit) if (1..=LARGEST_PAGE).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::BadParameter("Expected a limit of 1 to 200.")),
    }
}

/// A page, made of one item more than it has where there are any left, and the cursor of the next one, which is made of
/// the last item.
#[must_use]
pub fn page<T>(mut items: Vec<T>, size: usize, cursor: impl FnOnce(&T) -> String) -> (Vec<T>, Option<String>) {
    let more = items.len() > size;
    items.truncate(size);
    let next_cursor = items.last().filter(|_| more).map(cursor);
    (items, next_cursor)
}
