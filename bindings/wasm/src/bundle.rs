//! `Bundle`: a playbook and its model in one file.
