// SPDX-License-Identifier: Apache-2.0
#include "ir/text_scanner.h"

#include <algorithm>
#include <cctype>

namespace tn {
namespace {

bool is_alphanumeric(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// A colon belongs to a word only between its characters: "split:1", but not "x: f32[2]".
size_t word_length(std::string_view text) {
  size_t length = 0;
  while (length < text.size()) {
    const char c = text[length];
    const bool inside = length > 0;
    const bool joins = inside && c == ':' && length + 1 < text.size() && is_alphanumeric(text[length + 1]);
    if (!is_alphanumeric(c) && c != '.' && c != '/' && !(inside && c == '#') && !joins) break;
    ++length;
  }
  return length;
}

}  // namespace

bool is_plain_name(std::string_view name) {
  const bool reserved = name == "graph" || name == "constant" || name == "return" || name == "absent";
  return !name.empty() && !reserved && word_length(name) == name.size();
}

void TextScanner::fail_at(size_t place, std::string_view message) const {
  const std::string_view before = text_.substr(0, place);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t start = before.rfind('\n');
  const size_t column = place - (start == std::string_view::npos ? 0 : start + 1) + 1;
  throw Error(ErrorCode::InvalidArgument, "line {}, column {}: {}", line, column, message);
}

void TextScanner::skip() {
  while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
}

bool TextScanner::take(char c) {
  if (!peek(c)) return false;
  ++at_;
  skip();
  return true;
}

void TextScanner::expect(char c) {
  if (take(c)) return;
  fail(done() ? fmt::format("the text ends where '{}' is expected", c)
              : fmt::format("'{}' where '{}' is expected", text_[at_], c));
}

std::string_view TextScanner::peek_word() const {
  return text_.substr(at_, word_length(text_.substr(at_)));
}

bool TextScanner::take_word(std::string_view wanted) {
  if (peek_word() != wanted) return false;
  at_ += wanted.size();
  skip();
  return true;
}

std::string TextScanner::word(std::string_view what) {
  const std::string result(peek_word());
  if (result.empty()) fail(fmt::format("{} is expected", what));
  at_ += result.size();
  skip();
  return result;
}

std::string TextScanner::quoted() {
  const size_t begin = at_;
  expect('"');
  at_ = begin + 1;  // spaces inside the quotes count
  std::string result;
  while (!peek('"')) {
    if (at_ >= text_.size()) fail_at(begin, "the closing '\"' is missing");
    if (text_[at_] == '\\' && ++at_ < text_.size()) {
      result += text_[at_] == 'n' ? '\n' : text_[at_];
    } else if (at_ < text_.size()) {
      result += text_[at_];
    }
    ++at_;
  }
  expect('"');
  return result;
}

std::string_view TextScanner::number() {
  const size_t begin = at_;
  while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                std::string_view("+-.").find(text_[at_]) != std::string_view::npos)) {
    ++at_;
  }
  const std::string_view result = text_.substr(begin, at_ - begin);
  if (result.empty()) fail("a value is expected");
  skip();
  return result;
}

std::string_view TextScanner::until(std::string_view stops) {
  const size_t begin = at_;
  int depth = 0;
  while (at_ < text_.size() && (depth > 0 || stops.find(text_[at_]) == std::string_view::npos)) {
    depth += text_[at_] == '(' ? 1 : text_[at_] == ')' ? -1 : 0;
    ++at_;
  }
  return text_.substr(begin, at_ - begin);
}

}  // namespace tn
