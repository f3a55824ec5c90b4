// SPDX-License-Identifier: Apache-2.0
#include <fmt/ranges.h>

#include <new>
#include <string>
#include <vector>

#include "tenonexec/console.h"
#include "tenonexec/failure.h"
#include "tenonexec/flags.h"
#include "tenonexec/session.h"

namespace tenonexec {
namespace {

constexpr int kFailed = 1;

/// "&&&& PASSED Tenon.tenonexec [Tenon v000100] # tenonexec --onnx=m.onnx"
std::string verdict(std::string_view word, std::span<char*> command) {
  return fmt::format("&&&& {} Tenon.tenonexec [Tenon v{:06}] # {}", word, TENON_VERSION, fmt::join(command, " "));
}

bool succeeds(const std::vector<std::string>& arguments, Console& console) {
  using Severity = tenon::ILogger::Severity;
  try {
    run_session(parse_options(arguments), console);
    return true;
  } catch (const Reported&) {  // the library has said why
  } catch (const Failure& failure) {
    console.bar("");
    console.write(Severity::kERROR, failure.what());
  } catch (const std::bad_alloc&) {
    console.write(Severity::kERROR, "out of memory");
  } catch (const std::exception& error) {
    console.write(Severity::kINTERNAL_ERROR, fmt::format("internal error: {}", error.what()));
  }
  console.bar("");
  return false;
}

bool asks_for_help(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return true;
  for (const std::string& argument : arguments)
    if (argument == "--help" || argument == "-h") return true;
  return false;
}

}  // namespace
}  // namespace tenonexec

int main(int argc, char** argv) {
  using namespace tenonexec;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  Console console;
  if (asks_for_help(arguments)) {
    console.plain(help_text());
    return 0;
  }
  const std::span<char*> command(argv, static_cast<size_t>(argc));
  console.plain(verdict("RUNNING", command));
  const bool passed = succeeds(arguments, console);
  console.plain(verdict(passed ? "PASSED" : "FAILED", command));
  return passed ? 0 : kFailed;
}
