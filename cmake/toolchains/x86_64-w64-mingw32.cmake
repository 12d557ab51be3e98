# SPDX-License-Identifier: MIT
# 64-bit Windows: Debian's mingw-w64, the libraries of the tests from scripts/cross-sysroot;
# programs run under Wine.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR AMD64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)
cmake_path(SET dl3_wine NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../../scripts/cross-wine)
set(CMAKE_CROSSCOMPILING_EMULATOR ${dl3_wine})

set(dl3_sysroot ${CMAKE_CURRENT_LIST_DIR}/../../build/sysroot/mingw64)
cmake_path(NORMAL_PATH dl3_sysroot)

# Programs are this machine's; libraries, headers and packages the target's.
set(CMAKE_FIND_ROOT_PATH ${dl3_sysroot} /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${dl3_sysroot}/lib/pkgconfig)
# printf() as C17 has it, %zu and all, whichever Windows. And no DLL of gcc's beside the programs.
set(CMAKE_C_FLAGS_INIT "-D__USE_MINGW_ANSI_STDIO=1")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static-libgcc")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-static-libgcc")
