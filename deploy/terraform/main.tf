# The project, its repository and the pipeline: everything the guide's first part makes. Credentials are in
# credentials.tf, approvals in environment.tf, Azure itself (optional) in azure.tf.

resource "azuredevops_project" "migration" {
  name               = var.azure_devops_project_name
  description        = "Database migrations with Drover"
  visibility         = "private"
  version_control    = "Git"
  work_item_template = "Agile"

  features = {
    boards       = "disabled"
    testplans    = "disabled"
    artifacts    = "disabled"
    repositories = "enabled"
    pipelines    = "enabled"
  }
}

resource "azuredevops_git_repository" "migrations" {
  project_id     = azuredevops_project.migration.id
  name           = var.repository_name
  default_branch = var.default_branch

  initialization {
    init_type = "Clean"
  }

  lifecycle {
    ignore_changes = [initialization]
  }
}

# By hand only: the file says `trigger: none`.
resource "azuredevops_build_definition" "migration" {
  project_id = azuredevops_project.migration.id
  name       = "Database-Migration-Pipeline"

  ci_trigger {
    use_yaml = true
  }

  repository {
    repo_type   = "TfsGit"
    repo_id     = azuredevops_git_repository.migrations.id
    branch_name = azuredevops_git_repository.migrations.default_branch
    yml_path    = var.pipeline_path
  }
}
