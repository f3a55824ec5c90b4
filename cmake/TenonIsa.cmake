# SPDX-License-Identifier: Apache-2.0
# tenon_isa_flags(DIR): gives the sources of a folder that are named for an instruction set the flags of that set.
# Kernels are the one place where -O3 pays: accumulators live in registers only if every small loop is unrolled.
function(tenon_isa_flags dir)
  set(avx2 -mavx2 -mfma -mf16c)
  # GCC 12 warns about its own header's undefined vectors (its bug 105593).
  set(avx512 ${avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl -Wno-uninitialized -Wno-maybe-uninitialized)
  set(avx512fp16 ${avx512} -mavx512fp16)
  set(avxvnni ${avx2} -mavxvnni)
  set(avx512vnni ${avx512} -mavx512vnni)
  set(avx512vbmi ${avx512} -mavx512vbmi)
  set(amxint8 ${avx512vnni} -mamx-tile -mamx-int8)
  set(generic)
  # What checks undefined behaviour makes clang take minutes for these; addresses are what counts here.
  set(sanitize)
  if(TENON_FUZZ)
    set(sanitize -fno-sanitize=undefined)
  endif()
  foreach(isa generic avx2 avx512 avx512fp16 avxvnni avx512vnni avx512vbmi amxint8)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*_${isa}.cpp ${dir}/*_${isa}_test.cpp)
    set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "${${isa}};${sanitize};$<$<CONFIG:Release>:-O3>"
                                SKIP_PRECOMPILE_HEADERS ON)
  endforeach()
endfunction()
