//! The objects of the control connection, read as cJSON and iperf3 read them.

use serde_json::{Map, Value};

/// A JSON object whose keys are the same in either case; what has another type than is asked for is not there.
#[derive(Debug)]
pub(super) struct Object(Map<String, Value>);

impl Object {
    /// The object that `text` begins with; octets that are not UTF-8 become U+FFFD, what follows the object is left alone.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8_lossy(text);
        match serde_json::Deserializer::from_str(&text).into_iter::<Value>().next() {
            Some(Ok(Value::Object(members))) => Ok(Self(members)),
            Some(Ok(_)) => Err("not a JSON object".to_owned()),
            Some(Err(error)) => Err(error.to_string()),
            None => Err("no JSON".to_owned()),
        }
    }

    pub(super) fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Object(members) => Some(Self(members)),
            _ => None,
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        let other = || self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value);
        self.0.get(key).or_else(other)
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        let name = self.0.keys().find(|name| name.eq_ignore_ascii_case(key))?.clone();
        self.0.remove(&name)
    }

    /// A number as cJSON has it, a double.
    pub(super) fn number(&self, key: &str) -> Option<f64> {
        self.get(key)?.as_f64().filter(|number| number.is_finite())
    }

    /// The number without its fraction, or the nearest that there is.
    pub(super) fn integer(&self, key: &str) -> Option<i64> {
        let value = self.get(key)?;
        value.as_i64().or_else(|| value.as_f64().map(|number| number as i64))
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// Whether a flag is set: versions before 3.18 send `true` or `1` and look for the key alone, later ones send one of
    /// them and look at its type; none sends `false` or `0` for yes.
    pub(super) fn flag(&self, key: &str) -> bool {
        match self.get(key) {
            Some(Value::Bool(set)) => *set,
            Some(value) => value.as_f64().is_some_and(|number| number != 0.0),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_same_in_either_case_and_types_count() {
        let object =
            Object::parse(br#"{"TIME":3,"udp":"yes","x":1.9,"Flag":1,"no":false,"big":1e300}trailing"#).unwrap();
        assert_eq!(object.integer("time"), Some(3));
        assert_eq!(object.integer("x"), Some(1));
        assert_eq!(object.integer("big"), Some(i64::MAX));
        assert!(object.flag("flag") && !object.flag("no") && !object.flag("udp") && !object.flag("none"));
    }

    #[test]
    fn what_is_no_object_is_told() {
        for text in ["", "[]", "3", "{", "{\"a\":NaN}", "{\"a\":1e999}", "\u{0}"] {
            assert!(Object::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Object::parse(&[b'['; 100_000]).is_err());
    }
}
