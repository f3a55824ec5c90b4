// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace tn {

/// Reads a text from left to right, part by part; blanks between the parts do not count.
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : text_(text) { skip(); }

  std::string_view text() const { return text_; }
  std::string_view rest() const { return text_.substr(at_); }
  bool done() const { return at_ == text_.size(); }
  bool take(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    skip();
    return true;
  }
  /// The longest run of characters that `belongs` says yes to; may be empty.
  template <typename Belongs>
  std::string_view word(const Belongs& belongs) {
    const size_t begin = at_;
    while (!done() && belongs(text_[at_])) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    skip();
    return word;
  }
  size_t place() const { return at_; }
  void go_back(size_t place) { at_ = place; }

 private:
  void skip() {
    while (!done() && text_[at_] == ' ') ++at_;
  }

  std::string_view text_;
  size_t at_ = 0;
};

/// The number that the whole text is.
template <typename T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace tn
