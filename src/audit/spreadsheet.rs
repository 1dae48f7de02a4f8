//! Events as a table for spreadsheets.

use super::model::Event;
use super::pages::{action, outcome, reason};

/// The columns.
const CSV_HEADER: [&str; 12] = [
    "Time",
    "Username",
    "Client ID",
    "Action",
    "Outcome",
    "Reason",
    "Method",
    "Path",
    "Address",
    "User agent",
    "Done by",
    "Detail",
];

/// Events as CSV (RFC 4180), in the English words of the Activity page.
///
/// # Errors
/// When the text cannot be written.
pub(super) fn csv(events: Vec<Event>, with_header: bool) -> csv::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if with_header {
        writer.write_record(CSV_HEADER)?;
    }
    for event in events {
        let outcome = outcome(event.reason.as_deref()).to_string();
        let cells = [
            Some(event.occurred_at.rfc3339_micros()),
            event.username,
            event.client_id,
            Some(action(&event.action).to_string()),
            Some(outcome),
            event.reason.map(|code| reason(&code).to_string()),
            event.method,
            event.path,
            event.address,
            event.user_agent,
            event.actor,
            event.detail,
        ];
        writer.write_record(cells.into_iter().map(|cell| harmless(cell.unwrap_or_default())))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// A cell that no spreadsheet takes for a formula: callers choose their user agents and paths.
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::super::export::tests::event;
    use super::*;

    #[test]
    fn csv_is_quoted_as_rfc_4180_says_and_holds_no_formula() {
        let text = String::from_utf8(csv(vec![event()], true).unwrap()).unwrap();
        assert_eq!(
            text,
            "Time,Username,Client ID,Action,Outcome,Reason,Method,Path,Address,User agent,Done by,Detail\r\n\
             2025-11-24T16:00:00.000005Z,ada,,Checked at the gateway,Refused,API key expired,GET,\"/a,\"\"b\"\"\",::1,\
             \"'=1+1\r\nx\",,\r\n"
        );
        for formula in ["=a", "+a", "-a", "@a", "\ta", "\ra"] {
            assert_eq!(harmless(formula.to_owned()), format!("'{formula}"));
        }
        assert_eq!(harmless("a=b".to_owned()), "a=b");
    }
}
