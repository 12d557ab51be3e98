# SPDX-License-Identifier: MIT
# Debian's cross compiler and C library, the other libraries from scripts/cross-sysroot;
# programs run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(CMAKE_C_COMPILER s390x-linux-gnu-gcc)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-s390x -L /usr/s390x-linux-gnu)

set(dl3_sysroot ${CMAKE_CURRENT_LIST_DIR}/../../build/sysroot/s390x)
cmake_path(NORMAL_PATH dl3_sysroot)

# Programs are this machine's; libraries, headers and packages the target's.
set(CMAKE_LIBRARY_ARCHITECTURE s390x-linux-gnu)
set(CMAKE_FIND_ROOT_PATH ${dl3_sysroot} /usr/s390x-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${dl3_sysroot}/usr/lib/s390x-linux-gnu/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${dl3_sysroot})
# OpenSSL's configuration header lies in the architecture's own folder.
set(CMAKE_C_FLAGS_INIT "-isystem ${dl3_sysroot}/usr/include/s390x-linux-gnu")
