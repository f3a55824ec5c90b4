// SPDX-License-Identifier: Apache-2.0
#include "cuda/emulator/host_text.h"

#include <fmt/format.h>

#include <cctype>
#include <regex>
#include <vector>

namespace tn::test {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// The end of the string literal that begins here.
size_t behind_string(std::string_view text, size_t at) {
  for (++at; text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

// Cuts at a separator that stands neither in brackets nor in a string.
std::vector<std::string_view> cut(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  int depth = 0;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at = behind_string(text, at);
      continue;
    }
    depth += c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
    if (c == separator && depth == 0) {
      parts.push_back(text.substr(begin, at - begin));
      begin = at + 1;
    }
    ++at;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

// What stands between the brackets of an asm statement, as a call.
std::string call_of(std::string_view statement) {
  const auto sections = cut(statement, ':');
  std::string call = fmt::format("tn_instruction({}", sections[0]);
  for (size_t section = 1; section < sections.size() && section < 3; ++section) {
    for (const std::string_view operand : cut(sections[section], ',')) {
      const size_t quote = operand.find('"');
      if (quote == std::string_view::npos) continue;
      const std::string_view expression = operand.substr(behind_string(operand, quote));
      call += fmt::format(", {}({})", section == 1 ? "tn_out" : "tn_in", expression);
    }
  }
  return call + ")";
}

std::string without_line_ends(std::string text) {
  for (size_t at = 0; at < text.size(); ++at)
    if (text[at] == '\n' || (text[at] == '\\' && text[at + 1] == '\n')) text[at] = ' ';
  return text;
}

// asm [volatile] ( … )
std::string without_asm(std::string_view text) {
  std::string result;
  size_t done = 0;
  for (size_t at = text.find("asm"); at != std::string_view::npos; at = text.find("asm", at + 3)) {
    if ((at > 0 && is_word(text[at - 1])) || is_word(text[at + 3])) continue;
    const size_t open = text.find('(', at);
    size_t close = open + 1;
    for (int depth = 1; depth > 0;) {
      if (text[close] == '"') {
        close = behind_string(text, close);
        continue;
      }
      depth += text[close] == '(' ? 1 : text[close] == ')' ? -1 : 0;
      ++close;
    }
    result += text.substr(done, at - done);
    result += without_line_ends(call_of(text.substr(open + 1, close - open - 2)));
    done = at = close;
  }
  return result + std::string(text.substr(done));
}

}  // namespace

std::string host_text(std::string_view source, std::string_view entry) {
  static const std::regex kShared(R"(extern __shared__ __align__\(\d+\) ([a-z0-9 ]+) (\w+)\[\];)");
  std::string text =
      std::regex_replace(without_asm(source), kShared, "$1* const $2 = reinterpret_cast<$1*>(tn_host->shared);");
  return fmt::format(R"(namespace {{
{}
void tn_run(const unsigned long long* arguments) {{ tn_call({}, arguments, {}); }}
void tn_attach(tn_emulator::Host* host) {{ tn_host = host; }}
}}  // namespace
extern "C" tn_emulator::Kernel tn_kernel = {{tn_attach, tn_run, __start_tn_shared, __stop_tn_shared}};
)",
                     text, entry, entry);
}

}  // namespace tn::test
