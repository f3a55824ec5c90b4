// SPDX-License-Identifier: Apache-2.0
// protobuf's text format: https://protobuf.dev/reference/protobuf/textformat-spec/
#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "base/error.h"
#include "import/caffe/message.h"

namespace tn::import::caffe {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class TextReader {
 public:
  explicit TextReader(std::string_view text) : text_(text) {}

  Message read() {
    Message message = read_fields('\0', 0);
    if (at_ < text_.size()) fail("unexpected character");
    return message;
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    const std::string_view before = text_.substr(0, std::min(at_, text_.size()));
    const auto line = std::ranges::count(before, '\n') + 1;
    const size_t start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
    throw Error(ErrorCode::InvalidModel, "line {}, column {}: {}", line, at_ - start + 1, what);
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '#')
        while (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
      else if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '\v' && c != '\f')
        return;
    }
  }

  bool take(char c) {
    skip_space();
    if (c == '\0' || peek() != c) return false;
    ++at_;
    return true;
  }

  std::string_view word() {
    const size_t start = at_;
    while (is_letter(peek()) || is_digit(peek())) ++at_;
    return text_.substr(start, at_ - start);
  }

  // Fields up to `end`, which is taken ('\0': the end of the text).
  Message read_fields(char end, int depth) {
    if (depth > kMaxDepth) fail("messages are nested too deep");
    if (++messages_ > kMaxMessages) fail("too many messages");
    Message message;
    for (;;) {
      skip_space();
      if (at_ >= text_.size()) {
        if (end != '\0') fail("the text ends inside a message");
        return message;
      }
      if (end != '\0' && take(end)) return message;
      if (!is_letter(peek())) fail("a field name is missing");
      Field& field = message.field(word());
      const bool colon = take(':');
      if (colon && take('[')) {
        read_list(field, depth);
      } else if (!read_message(field, depth)) {
        if (!colon) fail("':' or '{' is missing");
        read_value(field);
      }
      if (!take(',')) take(';');
    }
  }

  void read_list(Field& field, int depth) {
    if (take(']')) return;
    do {
      if (!read_message(field, depth)) read_value(field);
    } while (take(','));
    if (!take(']')) fail("']' is missing");
  }

  bool read_message(Field& field, int depth) {
    const bool brace = take('{');
    if (!brace && !take('<')) return false;
    field.messages.push_back(read_fields(brace ? '}' : '>', depth + 1));
    return true;
  }

  void read_value(Field& field) {
    skip_space();
    if (peek() == '"' || peek() == '\'') {
      std::string text;
      while (peek() == '"' || peek() == '\'') {
        read_quoted(text);
        skip_space();
      }
      field.texts.push_back(std::move(text));
      return;
    }
    const bool negative = take('-');
    skip_space();
    if (is_letter(peek())) {
      const std::string_view name = word();
      if (const auto value = named_number(name))
        field.numbers.push_back(negative ? -*value : *value);
      else if (negative)
        fail("a number is missing");
      else
        field.texts.emplace_back(name);
      return;
    }
    const double value = number();
    field.numbers.push_back(negative ? -value : value);
  }

  static std::optional<double> named_number(std::string_view name) {
    if (name == "true" || name == "True" || name == "t") return 1;
    if (name == "false" || name == "False" || name == "f") return 0;
    if (name == "inf" || name == "infinity") return std::numeric_limits<double>::infinity();
    if (name == "nan") return std::numeric_limits<double>::quiet_NaN();
    return std::nullopt;
  }

  double number() {
    const char *begin = text_.data() + at_, *end = text_.data() + text_.size();
    double value = 0;
    std::from_chars_result result{};
    const bool hexadecimal = text_.substr(at_, 2) == "0x" || text_.substr(at_, 2) == "0X";
    if (hexadecimal || (peek() == '0' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
      uint64_t integer = 0;
      result = std::from_chars(begin + (hexadecimal ? 2 : 1), end, integer, hexadecimal ? 16 : 8);
      value = static_cast<double>(integer);
    } else {
      result = std::from_chars(begin, end, value);
    }
    if (result.ec == std::errc::result_out_of_range) fail("a number is out of range");
    if (result.ec != std::errc() || result.ptr == begin) fail("a value is missing");
    at_ = static_cast<size_t>(result.ptr - text_.data());
    if (peek() == 'f' || peek() == 'F') ++at_;
    if (is_letter(peek()) || is_digit(peek())) fail("a number is malformed");
    return value;
  }

  void read_quoted(std::string& text) {
    const char quote = text_[at_++];
    while (peek() != quote) {
      if (at_ >= text_.size() || peek() == '\n') fail("a text is not closed");
      char c = text_[at_++];
      if (c == '\\') c = escaped();
      text.push_back(c);
    }
    ++at_;
  }

  char escaped() {
    const char c = peek();
    ++at_;
    switch (c) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'r':
        return '\r';
      case 'x':
        return digits(16, 2);
      case '\\':
      case '\'':
      case '"':
      case '?':
        return c;
      default:
        break;
    }
    --at_;
    if (!is_digit(c)) fail("an escape is unknown");
    return digits(8, 3);
  }

  char digits(int base, size_t most) {
    unsigned value = 0;
    const std::string_view rest = text_.substr(at_, most);
    const auto result = std::from_chars(rest.data(), rest.data() + rest.size(), value, base);
    if (result.ec != std::errc() || value > 0xff) fail("an escape is malformed");
    at_ += static_cast<size_t>(result.ptr - rest.data());
    return static_cast<char>(value);
  }

  std::string_view text_;
  size_t at_ = 0;
  int messages_ = 0;
};

}  // namespace

Message read_text(std::string_view text) {
  return TextReader(text).read();
}

}  // namespace tn::import::caffe
