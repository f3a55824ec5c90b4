// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace tn {

/// Whether a name can stand in graph text without quotes.
bool is_plain_name(std::string_view name);

/// Walks through graph text: words, quoted strings, numbers and signs, with spaces and line ends between them. Errors
/// carry line and column.
class TextScanner {
 public:
  explicit TextScanner(std::string_view text) : text_(text) { skip(); }

  [[noreturn]] void fail(std::string_view message) const { fail_at(at_, message); }
  [[noreturn]] void fail_at(size_t place, std::string_view message) const;
  size_t place() const { return at_; }
  bool done() const { return at_ == text_.size(); }
  bool peek(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c);
  void expect(char c);
  /// The next word, without moving; empty if there is none.
  std::string_view peek_word() const;
  bool take_word(std::string_view word);
  std::string word(std::string_view what);
  /// A word or a quoted string.
  std::string name(std::string_view what) { return peek('"') ? quoted() : word(what); }
  std::string quoted();
  /// Characters of a number: digits, signs, points, exponents, "inf", "nan".
  std::string_view number();
  /// Everything up to one of `stops` that is not inside parentheses.
  std::string_view until(std::string_view stops);

 private:
  void skip();
  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace tn
